"""Client certificates (RFC 8705): who sees one, and what is said when a server demands another."""

import contextlib
import hashlib
import os
import ssl
import subprocess
import tempfile
import unittest

import probe
from certificates import Authority
from fault_server import Connection, FaultServer, after_request, answering, response, server_tls
from relays import ConnectProxy

VERSIONS = {"-tls1_2": ssl.TLSVersion.TLSv1_2, "-tls1_3": ssl.TLSVersion.TLSv1_3}


def naming_the_client(connection):
    """Answers each request with the SHA-256 of the client's certificate."""
    while connection.read_request():
        certificate = connection.socket.getpeercert(True)
        connection.send(response(hashlib.sha256(certificate).hexdigest().encode() if certificate else b"none"))


class ClientCertificateTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.authority = Authority(folder.name + "/servers", "Servers")
        cls.clients = Authority(folder.name + "/clients", "Clients")
        cls.strangers = Authority(folder.name + "/strangers", "Strangers")
        cls.server_files = cls.authority.certificate("server")
        cls.own = cls.clients.certificate("app", usage="clientAuth")

    def tls(self, asks=ssl.CERT_OPTIONAL, **limits):
        context = server_tls(*self.server_files, client_authority=self.clients.file, **limits)
        context.verify_mode = asks
        return context

    def ask(self, server, own=None, host="127.0.0.1", **options):
        certificate, key = own or (None, None)
        return probe.results(url=server.url(host=host), ca_file=self.authority.file, body="a=b",
                             certificate=certificate, key=key, **options)

    def fingerprint(self, own):
        with open(own[0], encoding="ascii") as file:
            return hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()

    @contextlib.contextmanager
    def openssl_server(self, *words):
        """An s_server that demands a client certificate, and closes at once on one that it refuses."""
        process = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", self.server_files[0], "-key",
             self.server_files[1], "-www", "-Verify", "3", "-verify_return_error", "-CAfile", self.clients.file, *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            for line in process.stdout:
                if line.startswith(b"ACCEPT"):
                    yield f"https://127.0.0.1:{int(line.rsplit(b':', 1)[1])}/"
                    break
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    # --- who sees it ---

    def test_a_server_that_asks_sees_the_certificate_in_each_version_of_tls(self):
        for version in VERSIONS.values():
            with self.subTest(version), FaultServer(naming_the_client, tls=self.tls(
                    minimum_version=version, maximum_version=version)) as server:
                for own, expected in ((self.own, self.fingerprint(self.own)), (None, "none")):
                    (result,) = self.ask(server, own)
                    self.assertEqual(result.get("body"), expected, result)

    def test_a_server_that_does_not_ask_is_served_as_ever(self):
        with FaultServer(naming_the_client, tls=server_tls(*self.server_files)) as server:
            (result,) = self.ask(server, self.own)
            self.assertEqual(result.get("body"), "none", result)

    def test_a_server_that_asks_only_once_it_has_read_the_request_sees_it_too(self):
        def behave(connection):  # as Apache does for a part of its site
            connection.read_request()
            connection.socket.verify_client_post_handshake()
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.socket.settimeout(0.05)
            while not connection.socket.getpeercert(True):
                with contextlib.suppress(TimeoutError):  # nothing but the certificate comes
                    connection.socket.recv(1)
            connection.send(response(hashlib.sha256(connection.socket.getpeercert(True)).hexdigest().encode()))
        tls = self.tls(ssl.CERT_REQUIRED)
        tls.post_handshake_auth = True
        with FaultServer(behave, tls=tls) as server:
            (result,) = self.ask(server, self.own)
            self.assertEqual(result.get("body"), self.fingerprint(self.own), result)

    def test_the_certificates_between_are_sent_along(self):
        certificate, key = self.clients.certificate("between")
        authority = self.clients.path("ca.key"), self.clients.file
        chain = self.clients.path("chain.pem")
        with open(chain, "w", encoding="ascii") as out:
            for name in (certificate, authority[1]):
                with open(name, encoding="ascii") as part:
                    out.write(part.read())
        seen = []

        def note(connection):
            seen.append(len(connection.socket._sslobj.get_unverified_chain()))
            naming_the_client(connection)
        for file, expected in ((certificate, 1), (chain, 2)):
            with self.subTest(file), FaultServer(note, tls=self.tls()) as server:
                (result,) = self.ask(server, (file, key))
                self.assertEqual((result.get("status"), seen.pop()), (200, expected), result)

    def test_sessions_that_are_resumed_and_connections_that_are_kept_are_the_same_client(self):
        for version in VERSIONS.values():
            for headers in ([], [("Connection", "close")]):
                def behave(connection, headers=headers):
                    while connection.read_request():
                        subject = connection.socket.getpeercert().get("subject", ())
                        connection.send(response(str(subject).encode(), headers=headers))
                with self.subTest(version=version, headers=headers), FaultServer(behave, tls=self.tls(
                        ssl.CERT_REQUIRED, minimum_version=version, maximum_version=version)) as server:
                    results = self.ask(server, self.own, repeat=3)
                    self.assertEqual({result.get("status") for result in results}, {200}, results)
                    for result in results:
                        self.assertIn("'app'", result["body"])
                    self.assertEqual(server.connections, 3 if headers else 1)

    def test_through_a_proxy_the_server_alone_sees_it(self):
        for proxy_tls in (None, self.tls()):
            with self.subTest(proxy_tls=bool(proxy_tls)), \
                    FaultServer(naming_the_client, tls=self.tls(ssl.CERT_REQUIRED)) as server, \
                    ConnectProxy(server.port, tls=proxy_tls) as proxy:
                (result,) = self.ask(server, self.own, "localhost", proxy=proxy.url)
                self.assertEqual(result.get("body"), self.fingerprint(self.own), result)
                self.assertEqual([request.target for request in proxy.requests], [f"localhost:{server.port}"])
                self.assertEqual(proxy.certificates, [None] if proxy_tls else [])

    # --- what is refused ---

    def assert_refused(self, result, cause, is_sent, hint):
        self.assertEqual((result.get("class"), result.get("reason")), ("tls", "client-certificate"), result)
        self.assertRegex(result["message"], r"^https://127\.0\.0\.1:\d+ " + cause + r"\.$")
        self.assertIn(hint, result["hint"])
        self.assertEqual((result["sent"], result["retry_safe"]), ("maybe", False) if is_sent else ("no", True), result)

    def test_each_cause_of_a_refusal_has_its_sentence(self):
        gone = self.clients.certificate("gone")
        table = {
            "none": (None, (), "demands a client certificate, and none was given", "--tls-cert"),
            "wrong": (self.strangers.certificate("stranger"), (),
                      r"refused the client certificate \(CN=stranger\): the server does not trust whoever issued it",
                      "--tls-cert"),
            "self-signed": (self.strangers.self_signed("alone"), (),
                            r"refused the client certificate \(CN=alone\): .*trust.*", "--tls-cert"),
            "expired": (self.own, ("-attime", "4200000000"),
                        r"refused the client certificate \(CN=app\): it has expired", "clocks"),
            "revoked": (gone, ("-crl_check", "-CRL", self.clients.revoke("gone")),
                        r"refused the client certificate \(CN=gone\): it is revoked", "--tls-cert"),
            "for servers": (self.clients.certificate("other", usage="serverAuth"), (),
                            r"refused the client certificate \(CN=other\): it is of a kind .*", "usage"),
        }
        for version in VERSIONS:
            for name, (own, words, cause, hint) in table.items():
                with self.subTest(name, version=version), self.openssl_server(version, *words) as url:
                    certificate, key = own or (None, None)
                    # Much to send: the server is gone before it left.
                    for size in (10, 1 << 20):
                        result = probe.result(url=url, body_size=size, ca_file=self.authority.file,
                                              certificate=certificate, key=key)
                        self.assert_refused(result, cause, version == "-tls1_3", hint)

    def test_a_refusal_is_told_through_a_proxy_too(self):
        with self.openssl_server() as url, ConnectProxy(int(url.rsplit(":", 1)[1].strip("/"))) as proxy:
            result = probe.result(url=url, body="a=b", ca_file=self.authority.file, proxy=proxy.url)
            self.assert_refused(result, "demands a client certificate, and none was given", True, "--tls-cert")

    def test_a_kind_of_key_that_the_server_does_not_take_is_told(self):
        with self.openssl_server("-tls1_3", "-client_sigalgs", "rsa_pss_rsae_sha256") as url:
            result = probe.result(url=url, body="a=b", ca_file=self.authority.file, certificate=self.own[0],
                                  key=self.own[1])
            self.assert_refused(result, r"refused the client certificate \(CN=app\): .* kind of key", True, "kinds")

    def test_a_server_that_refuses_without_a_word_is_suspected(self):
        for end, reason in ((Connection.close, "closed"), (Connection.reset, "reset")):
            for own, word in ((None, "none was given"), (self.own, "may not accept the one given")):
                with self.subTest(reason, own=own), FaultServer(after_request(end), tls=self.tls()) as server:
                    (result,) = self.ask(server, own)
                    self.assertEqual((result["class"], result["reason"], result["sent"]), ("network", reason, "maybe"))
                    self.assertIn(word, result["hint"])

    def test_one_that_answered_before_is_not(self):
        def behave(connection):
            connection.read_request()
            connection.send(response())
            connection.read_request()
        with FaultServer(behave, tls=self.tls()) as server:
            results = self.ask(server, repeat=2)
            self.assertEqual(results[0].get("status"), 200)
            self.assertEqual(results[1].get("class"), "network", results)
            self.assertNotIn("certificate", results[1]["hint"])

    def test_a_certificate_that_is_too_weak_for_tls_is_refused_before_anything_is_sent(self):
        with FaultServer(naming_the_client, tls=self.tls()) as server:
            (result,) = self.ask(server, self.clients.certificate("weak", digest="sha1"))
            self.assertEqual((result["class"], result["sent"]), ("config", "no"), result)
            self.assertIn("CN=weak", result["message"])
            self.assertEqual(server.connections, 0)


if __name__ == "__main__":
    unittest.main()
