"""Whom a connection trusts, which way it takes, and what is said when none comes about."""

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest

import probe
from certificates import Authority, openssl
from fault_server import (Connection, FaultServer, answering, at_once, before_handshake, never_answering, response,
                          server_tls)
from relays import ConnectProxy

OK = answering(response(b"{}"))


class Trouble(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.authority = Authority(cls.folder + "/ca")
        cls.good = cls.authority.certificate("good")

    def assert_error(self, result, **expected):
        self.assertEqual({name: result.get(name) for name in expected}, expected, result)
        self.assertRegex(result["message"], r"^([A-Z]|https?://).*[.]$")

    def assert_fine(self, result):
        self.assertEqual(result.get("status"), 200, result)


class TlsTest(Trouble):
    def server(self, certificate, behaviour=OK, **options):
        return FaultServer(behaviour, tls=server_tls(*certificate, **options))

    def check(self, certificate, reason, *words, **options):
        with self.server(certificate, **options) as server:
            result = probe.result(url=server.url(), ca_file=self.authority.file, body="a=b")
            self.assert_error(result, **{"class": "tls", "reason": reason, "sent": "no", "retry_safe": True})
            for word in words:
                self.assertIn(word, result["message"])
            self.assertEqual(server.requests, [])
            return result

    def test_a_good_certificate_is_accepted(self):
        with self.server(self.good) as server:
            self.assert_fine(probe.result(url=server.url(), ca_file=self.authority.file))

    def test_expired(self):
        self.check(self.authority.certificate("old", end="20210102030405Z"), "expired", "CN=old", "2021-01-02 03:04:05Z")

    def test_not_yet_valid(self):
        self.check(self.authority.certificate("new", start="20900102030405Z"), "not-yet-valid", "CN=new",
                   "2090-01-02 03:04:05Z")

    def test_another_name(self):
        self.check(self.authority.certificate("other", names="DNS:as.example,DNS:*.as.example"), "wrong-name",
                   "CN=other", "DNS:as.example, DNS:*.as.example")

    def test_an_unknown_issuer(self):
        foreign = Authority(self.folder + "/foreign", "Foreign Authority")
        result = self.check(foreign.certificate("foreign"), "unknown-issuer", "CN=foreign", "CN=Foreign Authority",
                            "--cacert")
        self.assertIn("--cacert", result["hint"])

    def test_an_unknown_root_in_the_chain(self):
        foreign = Authority(self.folder + "/foreign2", "Foreign Authority")
        certificate, key = foreign.certificate("foreign")
        with open(certificate, "a", encoding="ascii") as chain, open(foreign.file, encoding="ascii") as root:
            chain.write(root.read())
        self.check((certificate, key), "unknown-issuer", "CN=Foreign Authority", "1 above")

    def test_self_signed(self):
        self.check(self.authority.self_signed("alone"), "self-signed", "CN=alone")

    def test_a_self_signed_certificate_that_is_named_is_trusted(self):
        certificate = self.authority.self_signed("named")
        with self.server(certificate) as server:
            self.assert_fine(probe.result(url=server.url(), ca_file=certificate[0]))

    def test_a_weak_key(self):
        certificate, key = self.authority.certificate("weak", key="weak")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(certificate, key)
        with FaultServer(OK, tls=context) as server:
            self.assert_error(probe.result(url=server.url(), ca_file=self.authority.file), **{"class": "tls",
                                                                                            "reason": "weak"})

    def test_versions_before_tls_1_2_are_refused(self):
        result = self.check(self.good, "protocol", "TLS", maximum_version=ssl.TLSVersion.TLSv1_1,
                            minimum_version=ssl.TLSVersion.TLSv1_1)
        self.assertIn("TLS 1.2", result["hint"])

    def test_tls_1_2_and_1_3_are_spoken(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version), self.server(self.good, maximum_version=version,
                                                    minimum_version=version) as server:
                self.assert_fine(probe.result(url=server.url(), ca_file=self.authority.file))

    def test_a_plain_http_server_is_told(self):
        with FaultServer(at_once(lambda connection: connection.send(response()))) as server:
            result = probe.result(url=f"https://127.0.0.1:{server.port}/", ca_file=self.authority.file)
            self.assert_error(result, **{"class": "tls", "reason": "protocol"})
            self.assertIn("does not speak TLS", result["message"])

    def test_a_server_that_wants_a_client_certificate_is_told(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version), self.server(self.good, client_authority=self.authority.file,
                                                    maximum_version=version) as server:
                result = probe.result(url=server.url(), ca_file=self.authority.file, body="a=b")
                self.assertEqual(result["class"], "tls", result)

    def test_only_http_1_1_is_offered(self):
        offered = []

        def behave(connection):
            offered.append(connection.socket.selected_alpn_protocol())
            OK(connection)
        with self.server(self.good, behave) as server:  # which would rather speak h2
            self.assert_fine(probe.result(url=server.url(), ca_file=self.authority.file))
        self.assertEqual(offered, ["http/1.1"])

    def test_verification_is_left_out_only_on_request(self):
        for certificate in (self.authority.self_signed("insecure"), self.authority.certificate("gone", end="20210101000000Z")):
            with self.server(certificate) as server:
                self.assert_fine(probe.result(url=server.url(), insecure=True))

    def test_a_new_connection_resumes_the_tls_session(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version), \
                    self.server(self.good, answering(response(b"{}", headers=[("Connection", "close")])),
                                maximum_version=version) as server:
                results = probe.results(url=server.url(), ca_file=self.authority.file, repeat=3)
                self.assertEqual([result.get("status") for result in results], [200] * 3)
                self.assertEqual(server.resumed, [False, True, True])

    def test_a_message_holds_no_control_character_of_a_certificate(self):
        # The subject is the server's own text.
        result = self.check(self.authority.self_signed("e\\u001b[2Jvil"), "self-signed")
        self.assertNotRegex(result["message"], "[\\x00-\\x1f\\x7f]")


class StapleTest(Trouble):
    @contextlib.contextmanager
    def server(self, certificate, status):
        process = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate[0], "-key", certificate[1], "-www",
             "-status_file", status], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            for line in process.stdout:
                if line.startswith(b"ACCEPT"):
                    yield int(line.rsplit(b":", 1)[1])
                    break
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def test_a_certificate_that_is_revoked_by_its_staple_is_refused(self):
        certificate = self.authority.certificate("revoked")
        with self.server(certificate, self.authority.stapled_status("revoked", revoke=True)) as port:
            result = probe.result(url=f"https://127.0.0.1:{port}/", method="GET", ca_file=self.authority.file)
            self.assert_error(result, **{"class": "tls", "reason": "revoked", "sent": "no"})
            self.assertIn("CN=revoked", result["message"])

    def test_a_certificate_that_is_good_by_its_staple_is_accepted(self):
        certificate = self.authority.certificate("stapled")
        with self.server(certificate, self.authority.stapled_status("stapled")) as port:
            self.assert_fine(probe.result(url=f"https://127.0.0.1:{port}/", method="GET", ca_file=self.authority.file))


class TrustVariablesTest(Trouble):
    def ask(self, ca_file=None, **variables):
        with FaultServer(OK, tls=server_tls(*self.good)) as server:
            return probe.result(probe.clean_environment(**variables), url=server.url(), ca_file=ca_file)

    def folder_with(self, name, file, rehash):
        folder = os.path.join(self.folder, name)
        os.makedirs(folder)
        shutil.copy(file, folder)
        if rehash:
            openssl("rehash", folder)
        return folder

    def test_the_system_does_not_trust_our_authority(self):
        self.assert_error(self.ask(), **{"class": "tls", "reason": "unknown-issuer"})

    def test_each_variable_is_trusted(self):
        hashed = self.folder_with("hashed", self.authority.file, True)
        for variables in ({"SSL_CERT_FILE": self.authority.file}, {"CURL_CA_BUNDLE": self.authority.file},
                          {"SSL_CERT_DIR": hashed}, {"SSL_CERT_DIR": "/nowhere:" + hashed},
                          {"SSL_CERT_DIR": "/nowhere", "SSL_CERT_FILE": self.authority.file}):
            with self.subTest(variables):
                self.assert_fine(self.ask(**variables))

    def test_curl_ca_bundle_comes_before_the_others(self):
        foreign = Authority(self.folder + "/foreign").file
        self.assert_error(self.ask(CURL_CA_BUNDLE=foreign, SSL_CERT_FILE=self.authority.file), **{"class": "tls"})

    def test_a_named_file_replaces_all_variables(self):
        foreign = Authority(self.folder + "/foreign").file
        self.assert_error(self.ask(ca_file=foreign, SSL_CERT_FILE=self.authority.file), **{"class": "tls"})
        self.assert_fine(self.ask(ca_file=self.authority.file, SSL_CERT_FILE=foreign))

    def test_what_cannot_be_read_is_told(self):
        empty = os.path.join(self.folder, "empty.pem")
        with open(empty, "w", encoding="ascii") as out:
            out.write("no certificate\n")
        unhashed = self.folder_with("unhashed", self.authority.file, False)
        for name, value in {"SSL_CERT_FILE": "/nowhere.pem", "CURL_CA_BUNDLE": empty, "SSL_CERT_DIR": unhashed}.items():
            with self.subTest(name):
                result = self.ask(**{name: value})
                self.assert_error(result, **{"class": "config", "sent": "no"})
                self.assertIn(f"{value} ({name})", result["message"])
        for value in ("/nowhere.pem", empty):
            with self.subTest(value):
                result = self.ask(ca_file=value)
                self.assert_error(result, **{"class": "config"})
                self.assertIn(value, result["message"])

    def test_keys_are_not_logged(self):
        log = os.path.join(self.folder, "keys")
        self.assert_fine(self.ask(ca_file=self.authority.file, SSLKEYLOGFILE=log))
        self.assertEqual(os.path.getsize(log) if os.path.exists(log) else 0, 0)


class RouteTest(Trouble):
    """Which way a request takes."""

    def ask(self, server, host="localhost", environment=None, **options):
        return probe.result(environment, url=server.url(host=host), ca_file=self.authority.file, body="a=b", **options)

    def https(self):
        return FaultServer(OK, tls=server_tls(*self.good))

    def test_plain_http_goes_to_this_machine_only(self):
        for host in ("as.example", "127.0.0.2", "localhost.", "[::2]"):
            result = probe.result(url=f"http://{host}/token", body="a=b")
            self.assert_error(result, **{"class": "insecure", "sent": "no", "retry_safe": True})

    def test_plain_http_goes_elsewhere_on_request(self):
        with FaultServer(OK, host="127.0.0.2") as server:
            self.assert_fine(self.ask(server, host=None, allow_http=True))

    def test_plain_http_to_this_machine_never_takes_a_proxy(self):
        with FaultServer(OK) as server, ConnectProxy(server.port) as proxy:
            variables = probe.clean_environment(http_proxy=proxy.url, all_proxy=proxy.url)
            for host in ("127.0.0.1", "localhost"):
                self.assert_fine(self.ask(server, host, variables))
                self.assert_fine(self.ask(server, host, proxy=proxy.url, allow_http=True))
            self.assertEqual(proxy.requests, [])

    def test_plain_http_through_a_proxy_is_tunnelled(self):
        with FaultServer(OK) as server, ConnectProxy(server.port) as proxy:
            self.assert_fine(self.ask(server, "as.example", proxy=proxy.url, allow_http=True))
            self.assertEqual([request.method for request in proxy.requests], ["CONNECT"])

    def test_each_proxy_variable_is_used(self):
        for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            with self.subTest(name), self.https() as server, ConnectProxy(server.port) as proxy:
                self.assert_fine(self.ask(server, environment=probe.clean_environment(**{name: proxy.url})))
                self.assertEqual([request.target for request in proxy.requests], [f"localhost:{server.port}"])
                self.assertNotIn(b"a=b", proxy.requests[0].raw)

    def test_no_proxy_and_an_empty_proxy_lead_past_it(self):
        with self.https() as server, ConnectProxy(server.port) as proxy:
            for name in ("no_proxy", "NO_PROXY"):
                variables = probe.clean_environment(**{"https_proxy": proxy.url, name: "localhost"})
                self.assert_fine(self.ask(server, environment=variables))
            self.assert_fine(self.ask(server, environment=probe.clean_environment(https_proxy=proxy.url), proxy=""))
            self.assertEqual(proxy.requests, [])

    def test_a_named_proxy_replaces_the_variables(self):
        with self.https() as server, ConnectProxy(server.port) as proxy:
            variables = probe.clean_environment(https_proxy="http://127.0.0.1:1")
            self.assert_fine(self.ask(server, environment=variables, proxy=proxy.url))
            self.assertEqual(len(proxy.requests), 1)

    def test_a_proxy_gets_its_own_password_only(self):
        with self.https() as server, ConnectProxy(server.port, user="dTpw") as proxy:
            self.assert_fine(self.ask(server, proxy=proxy.url.replace("//", "//u:p@"), authorization="Basic c2VjcmV0"))
            self.assertNotIn(b"c2VjcmV0", b"".join(request.raw for request in proxy.requests))

    def test_the_server_behind_a_proxy_is_verified(self):
        with self.https() as server, ConnectProxy(server.port) as proxy:
            result = self.ask(server, "as.example", proxy=proxy.url)
            self.assert_error(result, **{"class": "tls", "reason": "wrong-name"})

    def test_a_proxy_that_refuses_is_told(self):
        for options, word in (({"status": 403}, "403"), ({"user": "dTpw"}, "407")):
            with self.subTest(word), self.https() as server, ConnectProxy(server.port, **options) as proxy:
                result = self.ask(server, proxy=proxy.url.replace("//", "//u:hidden@"))
                self.assert_error(result, **{"class": "network", "reason": "proxy", "sent": "no"})
                self.assertIn(f"the proxy 127.0.0.1:{proxy.port}", result["message"])
                self.assertIn(word, result["message"])
                self.assertNotIn("hidden", result["message"])

    def test_a_proxy_that_is_not_there_is_told(self):
        with self.https() as server:
            for host in ("127.0.0.1", "localhost"):
                result = self.ask(server, proxy=f"http://{host}:1")
                self.assert_error(result, **{"class": "network", "reason": "refused"})
                self.assertIn(f"the proxy {host}:1", result["message"])
            result = self.ask(server, proxy="http://proxy.invalid:1")
            self.assert_error(result, **{"class": "network", "reason": "proxy"})
            # Of the last ones libcurl would take no notice, and connect without a proxy.
            for proxy in ("htpp://127.0.0.1:1", "http://", ":3128", "http://u:a%0Ab@127.0.0.1:1", "u%1f:a@127.0.0.1:1",
                          "socks5://u:a%00@127.0.0.1:1"):
                self.assert_error(self.ask(server, proxy=proxy), **{"class": "config", "sent": "no"})


class NetworkTest(Trouble):
    """Each way in which no connection comes about has its own sentence."""

    def test_a_name_that_does_not_exist(self):
        result = probe.result(url="https://as.invalid/token", body="a=b")
        self.assert_error(result, **{"class": "network", "reason": "name", "sent": "no", "retry_safe": True})
        self.assertIn("as.invalid", result["message"])

    def test_a_port_where_nothing_listens(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            for scheme in ("http", "https"):
                result = probe.result(url=f"{scheme}://127.0.0.1:{unused.getsockname()[1]}/", body="a=b")
                self.assert_error(result, **{"class": "network", "reason": "refused", "sent": "no"})

    def test_a_handshake_that_is_cut_off(self):
        for end, reason in ((Connection.reset, "reset"), (Connection.close, None)):
            def behave(connection, end=end):
                connection.socket.recv(1)
                end(connection)
            with self.subTest(reason), FaultServer(before_handshake(behave), tls=server_tls(*self.good)) as server:
                result = probe.result(url=server.url(), ca_file=self.authority.file, body="a=b")
                self.assert_error(result, **{"class": "network", "sent": "no", "retry_safe": True})
                self.assertIn("during the TLS handshake", result["message"])
                self.assertEqual(result["reason"], reason or result["reason"])

    def stages(self):
        """What hangs, and how a timeout names it."""
        tls = server_tls(*self.good)
        silent = before_handshake(never_answering)

        def deaf(connection):
            connection.server.stopping.wait()
        return {
            "while looking up the name": (None, {"url": "https://slow.test/token"}),
            "while connecting by way of the proxy": (None, {"proxy_silent": True}),
            "during the TLS handshake": (FaultServer(silent, tls=tls), {}),
            "while waiting for the answer": (FaultServer(never_answering, tls=tls), {}),
            "while sending the request": (FaultServer(deaf, tls=tls), {"body_size": 32 * 1024 * 1024}),
        }

    def at_each_stage(self, check, **limits):
        for stage, (server, options) in self.stages().items():
            with self.subTest(stage), contextlib.ExitStack() as stack:
                options = {"ca_file": self.authority.file, "body": "a=b", **options, **limits}
                if server:
                    options["url"] = stack.enter_context(server).url()
                if options.pop("proxy_silent", False):
                    options |= {"proxy": stack.enter_context(ConnectProxy(1, answer=False)).url,
                                "url": "https://localhost/token"}
                check(stage, probe.result(**options))

    def test_a_timeout_names_what_was_waited_for(self):
        def check(stage, result):
            self.assert_error(result, **{"class": "timeout"})
            self.assertIn(stage, result["message"])
            has_left = stage in ("while waiting for the answer", "while sending the request")
            self.assert_error(result, sent="maybe" if has_left else "no", retry_safe=not has_left)
        self.at_each_stage(check, timeout_ms=1000)

    def test_a_request_can_be_cancelled_at_any_stage(self):
        def check(stage, result):
            self.assert_error(result, **{"class": "interrupted"})
            self.assertLess(result["milliseconds"], 5000, stage)  # the limits are 10 s and more
        self.at_each_stage(check, cancel_after_ms=200)

    def test_connecting_has_a_limit_of_its_own(self):
        with FaultServer(before_handshake(never_answering), tls=server_tls(*self.good)) as server:
            result = probe.result(url=server.url(), ca_file=self.authority.file, connect_timeout_ms=300)
            self.assert_error(result, **{"class": "timeout", "reason": "connect"})

    def test_a_deadline_that_has_passed_sends_nothing(self):
        with FaultServer(OK) as server:
            result = probe.result(url=server.url(), timeout_ms=-1)
            self.assert_error(result, **{"class": "timeout", "sent": "no"})
            self.assertEqual(server.requests, [])

    def test_a_request_cancelled_before_it_began_sends_nothing(self):
        with FaultServer(OK) as server:
            result = probe.result(url=server.url(), cancel_first=True)
            self.assert_error(result, **{"class": "interrupted", "sent": "no"})
            self.assertEqual(server.requests, [])


if __name__ == "__main__":
    unittest.main()
