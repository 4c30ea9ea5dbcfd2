"""Clients that prove themselves by a certificate, and tokens bound to one (RFC 8705), against real authorization
servers over https: the program signs in, renews, asks and revokes."""

import base64
import hashlib
import json
import os
import ssl
import unittest

from authorization_servers import Glewlwyd
from certificates import Authority, openssl
from doctor import doctor
from fault_server import FaultServer, answering, response, server_tls
from real_server_case import OidcProviderCase, RealServerTest
from relays import ConnectProxy


def thumbprint(path):
    """x5t#S256 of RFC 8705 s3.1."""
    with open(path, encoding="ascii") as file:
        der = ssl.PEM_cert_to_DER_cert(file.read())
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")


class MutualTlsTest(RealServerTest):
    METHODS = {"_TLS": "tls_client_auth", "_SELFSIGNED": "self_signed_tls_client_auth"}
    SCOPE = ()

    def certificate_of(self, name):
        """CLIENT_CERTIFICATE and CLIENT_KEY of the client CLIENT_ID_`name`."""
        suffix = "_SELFSIGNED" if name == "_SELFSIGNED" else ""
        return self.server.values["CLIENT_CERTIFICATE" + suffix], self.server.values["CLIENT_KEY" + suffix]

    def client(self, name, method=None, *, certificate=None):
        path, key = certificate or self.certificate_of(name)
        return ["--client-id", self.server.values["CLIENT_ID" + name], "--client-auth", method or self.METHODS[name],
                "--tls-cert", path, "--tls-key", key, *self.SCOPE]

    def assert_bound(self, name):
        answer = json.loads(self.run_ok("introspect"))
        self.assertTrue(answer["active"])
        self.assertEqual(answer["cnf"], {"x5t#S256": thumbprint(self.certificate_of(name)[0])})

    def test_a_session_from_sign_in_to_revocation_is_bound_to_the_certificate(self):
        for name in self.METHODS:
            with self.subTest(name):
                self.assertEqual(self.password(*self.client(name), "--replace").status, 0)
                self.assert_bound(name)
                self.run_ok("refresh")
                self.assert_bound(name)
                self.run_ok("revoke")
                self.store_holds_nothing()

    def test_client_credentials(self):
        for name in self.METHODS:
            with self.subTest(name):
                answer = self.json_of(self.program.run("client-credentials", "-o", "json",
                                                       *self.at_server(*self.client(name))))
                self.assertEqual(answer["token_type"], "Bearer")


class OidcProviderMutualTlsTest(MutualTlsTest, OidcProviderCase):
    def demanding(self, authority):
        """A server's side of TLS that wants a certificate of that authority."""
        return server_tls(self.server.dir + "/tls.pem", self.server.dir + "/tls.key", client_authority=authority)

    def hosts(self):
        """Where the requests but those for metadata went."""
        return {request["headers"]["host"] for request in self.server.requests() if request["method"] == "POST"}

    def test_the_endpoints_are_the_aliases_for_certificates_and_the_client_id_is_in_the_body(self):
        for name, method in self.METHODS.items():
            with self.subTest(name):
                self.server.forget_requests()
                self.assertEqual(self.password(*self.client(name), "--replace").status, 0)
                self.run_ok("introspect")
                self.assertEqual(self.hosts(), {self.server.mtls_url.removeprefix("https://")})
                request = self.server.requests("/token")[0]
                self.assertEqual([pair[0] for pair in request["form"]],
                                 ["grant_type", "username", "password", "client_id"], method)
                self.assertNotIn("authorization", request["headers"])
                record = json.loads(self.run_ok("show", "default", "-o", "json"))
                self.assertEqual(record["token_endpoint"], self.server.mtls_url + "/token")
                self.assertEqual((record["client_auth"], record["tls_cert"]), (method, self.certificate_of(name)[0]))
                self.run_ok("forget", "default")

    def test_a_public_client_with_a_certificate_gets_bound_tokens(self):
        words = self.client("_MTLS_BOUND", "none")
        self.assertEqual(self.password(*words).status, 0)
        self.assert_bound("_MTLS_BOUND")
        self.run_ok("refresh")
        self.assert_bound("_MTLS_BOUND")

    def test_a_certificate_beside_a_secret_leads_to_the_aliases_too(self):
        words = self.client("", "client_secret_basic")
        secret = self.program.file("secret", self.server.client_secret)
        self.assertEqual(self.password(*words, "--client-secret-file", secret).status, 0)
        self.assertEqual(self.hosts(), {self.server.mtls_url.removeprefix("https://")})
        self.assertIn("CN=tls-client", self.server.requests("/token")[0]["client_certificate"])

    def test_an_assertion_beside_a_certificate_is_made_for_the_alias(self):
        words = ["--client-id", self.server.client_id_rs256, "--signing-key", self.server.key_rs256, "--tls-cert",
                 self.server.client_certificate, "--tls-key", self.server.client_key]
        self.assertEqual(self.password(*words).status, 0)
        self.run_ok("refresh")
        for request in self.server.requests("/token"):
            claims = dict(request["form"])["client_assertion"].split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
            self.assertEqual(claims["aud"], self.server.mtls_url + "/token")
        self.assertEqual(len(self.server.requests("/.well-known/openid-configuration")), 1)

    def test_through_a_proxy(self):
        base = self.server.mtls_url
        with ConnectProxy(int(base.rsplit(":", 1)[1])) as proxy:
            words = [*self.client("_TLS"), "--proxy", proxy.url, "--token-endpoint", base + "/token",
                     "--introspection-endpoint", base + "/token/introspection"]
            done = self.program.run("password", "--cacert", self.server.ca_file, "--username", self.server.username,
                                    "--password-stdin", *words, input=self.server.password)
            self.assertEqual(done.status, 0, done.stderr)
            self.assert_bound("_TLS")
            self.run_ok("refresh")
            self.assert_bound("_TLS")
            self.assertEqual({request.target for request in proxy.requests}, {base.removeprefix("https://")})

    def test_certificate_and_key_in_one_encrypted_file(self):
        certificate, key = self.certificate_of("_TLS")
        bundle, passphrase = str(self.program.home / "client.p12"), self.program.file("passphrase", "open sesame")
        openssl("pkcs12", "-export", "-in", certificate, "-inkey", key, "-passout", "pass:open sesame", "-out", bundle)
        os.chmod(bundle, 0o600)
        words = ["--client-id", self.server.client_id_tls, "--client-auth", "tls_client_auth", "--tls-cert", bundle]
        done = self.password(*words, "--tls-key-passphrase-file", passphrase)
        self.assertEqual(done.status, 0, done.stderr)
        self.run_ok("refresh")
        self.assert_bound("_TLS")
        self.server.forget_requests()
        done = self.password(*words, "--store", "none", "--no-input", "-o", "json")
        self.assertEqual((done.status, self.error_of(done)["sent"]), (2, "no"))
        self.assertEqual(self.server.requests(), [])

    def test_another_certificate_is_one_refused_request(self):
        other = self.server.client_certificate_other, self.server.client_key_other
        for name in self.METHODS:
            with self.subTest(name):
                self.server.forget_requests()
                done = self.password(*self.client(name, certificate=other), "-o", "json")
                self.assertEqual((done.status, self.error_of(done)["class"]), (6, "client-auth"))
                self.assertEqual(len(self.server.requests("/token")), 1)

    def test_settings_that_cannot_work_send_nothing(self):
        certificate, key = self.certificate_of("_TLS")
        authority = Authority(self.program.home / "authority")
        old, old_key = authority.certificate("old", end="20210102030405Z")
        method = ["--client-id", "tls-client", "--client-auth", "tls_client_auth"]
        table = {
            "no certificate": (method, "--tls-cert"),
            "no client id": (["--client-auth", "tls_client_auth", "--tls-cert", certificate, "--tls-key", key],
                             "--client-id"),
            "a secret besides": ([*method, "--tls-cert", certificate, "--tls-key", key, "--client-secret-file",
                                  self.program.file("secret", "s")], "Leave"),
            "a key alone": (["--client-id", "app", "--tls-key", key], "--tls-cert"),
            "the key of another": ([*method, "--tls-cert", certificate, "--tls-key", self.server.client_key_other],
                                   "pair"),
            "a certificate that ended": ([*method, "--tls-cert", old, "--tls-key", old_key], "new one"),
        }
        for name, (words, hint) in table.items():
            with self.subTest(name):
                done = self.password(*words, "--store", "none", "-o", "json")
                error = self.error_of(done)
                self.assertEqual((done.status, error["class"], error["sent"]), (2, "config", "no"), error)
                self.assertIn(hint, error["hint"])
        self.assertEqual(self.server.requests(), [])
        ended = self.password(*table["a certificate that ended"][0], "-o", "json")
        self.assertIn("2021-01-02", self.error_of(ended)["message"])

    def test_doctor_says_whether_the_certificate_is_good_and_asked_for(self):
        def found(*words):
            done = doctor(self.program, "--store", "none", "--cacert", self.server.ca_file, *words)
            return [(check["result"], check["message"]) for check in done.checks if check["name"] == "tls-cert"]

        good, asked = found("--issuer", self.server.issuer, *self.client("_TLS"))
        self.assertEqual((good[0], asked[0]), ("ok", "ok"))
        self.assertIn("(CN=tls-client,O=oauth-token tests)", good[1])
        self.assertIn(self.server.mtls_url + " asks for", asked[1])
        reached = [check["message"] for check in doctor(self.program, "--store", "none", "--cacert", self.server.ca_file,
                                                        "--issuer", self.server.issuer, *self.client("_TLS")).of("connection")]
        self.assertEqual([self.server.issuer in reached[0], *reached[1:]],
                         [True, self.server.mtls_url + " (alias for client certificates) is reached."])
        _, unasked = found("--token-endpoint", self.server.token_endpoint, *self.client("_TLS"))
        self.assertEqual((unasked[0], "does not ask" in unasked[1]), ("warning", True), unasked)
        locked = str(self.program.home / "locked.key")
        openssl("pkey", "-in", self.server.client_key, "-aes256", "-passout", "pass:x", "-out", locked)
        words = self.client("_TLS", certificate=(self.server.client_certificate, locked))
        untried, = found("--issuer", self.server.issuer, *words)
        self.assertEqual((untried[0], "encrypted" in untried[1]), ("warning", True), untried)
        unreadable, = found("--issuer", self.server.issuer, *self.client("_TLS", certificate=("/nowhere", "/nowhere")))
        self.assertEqual(unreadable[0], "failure")
        with FaultServer(answering(response()), tls=self.demanding(self.server.wrong_ca_file)) as server:
            endpoint = server.url("/token", host="localhost")
            *_, refused = found("--token-endpoint", endpoint, *self.client("_TLS"))
            self.assertEqual(refused[0], "failure")
            self.assertIn("refused the client certificate (CN=tls-client,O=oauth-token tests)", refused[1])
            self.assertEqual(server.requests, [])

    def test_a_refusal_in_the_handshake_is_status_9(self):
        with FaultServer(answering(response()), tls=self.demanding(self.server.wrong_ca_file)) as server:
            endpoint = server.url("/token", host="localhost")
            for words, sentence in ((self.client("_TLS"), "refused the client certificate (CN=tls-client"),
                                    (["--client-id", "app"], "demands a client certificate, and none was given")):
                done = self.program.run("password", "--token-endpoint", endpoint, "--cacert", self.server.ca_file,
                                        "--username", "alice", "--password-stdin", "-o", "json", *words, input="pw")
                error = self.error_of(done)
                self.assertEqual((done.status, error["class"], error["sent"], error["retry_safe"]),
                                 (9, "tls", "maybe", False))
                self.assertIn(sentence, error["message"])
                self.assertIn("--tls-cert", error["hint"])
            self.assertEqual(server.requests, [])


    def test_a_renewal_that_ends_in_the_handshake_spends_nothing(self):
        answer = b'{"access_token":"at","token_type":"Bearer","expires_in":600,"refresh_token":"rt"}'
        tokens = answering(response(answer, headers=[("Content-Type", "application/json")]))
        with FaultServer(tokens, tls=self.demanding(self.server.ca_file)) as server:
            done = self.program.run("password", "--token-endpoint", server.url("/token", host="localhost"), "--cacert",
                                    self.server.ca_file, "--username", "alice", "--password-stdin",
                                    *self.client("_TLS"), input="pw")
            self.assertEqual(done.status, 0, done.stderr)
            server.tls = self.demanding(self.server.wrong_ca_file)
            self.assertEqual(self.program.run("refresh").status, 9)
            checks = doctor(self.program, "--session", "default").checks
            self.assertEqual([check["message"] for check in checks if "before its answer came" in check["message"]], [])
            server.tls = self.demanding(self.server.ca_file)
            self.assertEqual(self.run_ok("refresh", "--force"), "at\n")
            self.assertEqual(len(server.requests), 2)


class GlewlwydMutualTlsTest(MutualTlsTest):
    """Its aliases are other paths of the same origin."""

    SCOPE = ("--scope", "openid", "--scope", "scope1")

    @classmethod
    def start_server(cls):
        return Glewlwyd(tls=True).start()

    def test_another_certificate_is_refused(self):
        other = self.server.client_certificate_other, self.server.client_key_other
        done = self.password(*self.client("_TLS", certificate=other), "-o", "json")
        self.assertNotEqual(done.status, 0)
        self.store_holds_nothing()


del MutualTlsTest, RealServerTest

if __name__ == "__main__":
    unittest.main()
