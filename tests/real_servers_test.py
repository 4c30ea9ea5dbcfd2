"""The program against real authorization servers, over https with a private authority: every grant and every way to
authenticate, awkward names, passwords and secrets, sessions in a real keyring from sign-in to revocation."""

import json
import time
import unittest

from authorization_servers import Glewlwyd
from real_server_case import OidcProviderCase, RealServerTest


class OidcProviderTest(OidcProviderCase):
    METHODS = (("", "client_secret_basic"), ("_ODD", "client_secret_basic"), ("_POST", "client_secret_post"))

    def tokens_sent(self):
        return [dict(request["form"])["refresh_token"] for request in self.server.requests("/token")[1:]]

    def test_a_session_from_sign_in_to_revocation(self):
        tokens = self.live_through_a_session(*self.client("", "client_secret_basic"), "--scope", "read")
        sent = self.tokens_sent()
        self.assertEqual(len(set(sent)), 2, "each renewal uses the refresh token of the one before, once")
        self.assertEqual([request["status"] for request in self.server.requests("/token")], [200, 200, 200])
        revoked = [dict(request["form"])["token"] for request in self.server.requests("/token/revocation")]
        self.assertEqual(len(revoked), 2)
        self.assertEqual(revoked[1], tokens[-1])
        self.assertNotIn(revoked[0], sent, "the last refresh token was never used")

    def test_what_was_revoked_is_no_longer_active(self):
        words = [*self.client("", "client_secret_basic"), "--scope", "read"]
        self.assertEqual(self.password(*words).status, 0)
        self.assertEqual(self.password(*words, "--session", "other").status, 0)
        self.run_ok("revoke")
        token = dict(self.server.requests("/token/revocation")[0]["form"])["token"]
        kept = self.program.file("rt", token)
        done = self.program.run("refresh", *self.at_server(*self.client("", "client_secret_basic"), "--refresh-token-file",
                                                           kept, "--write-refresh-token", kept, "-o", "json"))
        self.assertEqual((done.status, self.error_of(done)["error"]), (4, "invalid_grant"))
        self.assertTrue(json.loads(self.run_ok("introspect", "other"))["active"], "the other session lives")

    def test_awkward_users_and_passwords(self):
        for user in ("", "_EMOJI", "_LEADING", "_TRAILING", "_LONG"):
            with self.subTest(user):
                done = self.password(*self.client("_PUBLIC", "none"), "--store", "none", user=user)
                self.assertEqual((done.status, done.stderr), (0, ""))
        done = self.password(*self.client("_PUBLIC", "none"), "--store", "none", username=self.server.username_bytes,
                             password=b"caf\xe9")
        self.assertEqual(done.status, 0, done.stderr)
        self.assertIn("UTF-8", done.stderr)
        self.assertIn("password=caf%E9", self.server.requests("/token")[-1]["body"])

    def test_awkward_clients_and_secrets(self):
        for name in ("", "_ODD", "_PLAIN", "_LEADING", "_TRAILING", "_LONG"):
            with self.subTest(name):
                done = self.password(*self.client(name, "client_secret_basic"), "--store", "none")
                self.assertEqual(done.status, 0, done.stderr)
        for name, method in (("_POST", "client_secret_post"), ("_PUBLIC", "none")):
            with self.subTest(name):
                done = self.password(*self.client(name, method), "--store", "none")
                self.assertEqual(done.status, 0, done.stderr)

    def test_one_wrong_password_is_one_request_in_every_authentication_method(self):
        for name, method in (*self.METHODS, ("_PUBLIC", "none")):
            with self.subTest(name):
                self.server.forget_requests()
                done = self.password(*self.client(name, method), "-o", "json", password="wrong")
                error = self.error_of(done)
                self.assertEqual((done.status, error["class"], error["error"]), (3, "credentials", "invalid_grant"))
                self.assertEqual([request["status"] for request in self.server.requests("/token")], [400])
        self.store_holds_nothing()

    def test_a_wrong_client_is_one_request(self):
        table = [self.client(name, method, secret="wrong") for name, method in self.METHODS]
        table.append(["--client-id", "nobody", "--client-auth", "none"])
        table.append(self.client("_EXPIRED", "client_secret_basic"))
        for words in table:
            with self.subTest(words):
                self.server.forget_requests()
                done = self.password(*words, "-o", "json")
                self.assertEqual((done.status, self.error_of(done)["class"]), (6, "client-auth"))
                self.assertEqual(len(self.server.requests("/token")), 1)
        self.store_holds_nothing()

    def test_an_unknown_scope_and_an_unknown_resource(self):
        for words in (["--scope", self.server.scope_unknown], ["--resource", "https://unknown.example/"]):
            with self.subTest(words):
                done = self.password(*self.client("_PUBLIC", "none"), "-o", "json", *words)
                self.assertEqual((done.status, self.error_of(done)["class"]), (6, "scope"))
        self.store_holds_nothing()

    def test_a_resource_and_its_scope_are_granted(self):
        answer = self.json_of(self.password(*self.client("_PUBLIC", "none"), "-o", "json", "--scope", "read", "--scope",
                                            "write", "--resource", self.server.resource_jwt))
        self.assertEqual(answer["scope"], "read write")
        self.assertEqual(len(answer["access_token"].split(".")), 3)

    def test_client_credentials(self):
        for name, method in self.METHODS:
            with self.subTest(name):
                done = self.program.run("client-credentials", *self.at_server(*self.client(name, method), "--scope", "read"))
                self.assertEqual(done.status, 0, done.stderr)
        done = self.program.run("client-credentials", *self.at_server(*self.client("_PUBLIC", "none"), "-o", "json"))
        self.assertEqual((done.status, self.error_of(done)["class"]), (2, "usage"), "nobody can be told apart")
        self.assertEqual(len(self.server.requests("/token")), len(self.METHODS))
        self.store_holds_nothing()

    def test_a_client_that_may_not_use_the_grant(self):
        done = self.password(*self.client("_REFRESHONLY", "none"), "-o", "json")
        error = self.error_of(done)
        self.assertEqual((done.status, error["class"], error["error"]), (6, "request", "invalid_request"))

    def test_a_session_without_refresh_token_lasts_as_long_as_its_access_token(self):
        token = self.json_of(self.password(*self.client("_NOREFRESH", "none"), "-o", "json"))["access_token"]
        self.assertEqual(self.run_ok("token"), token + "\n")
        done = self.program.run("refresh", "-o", "json")
        self.assertEqual((done.status, self.error_of(done)["class"]), (4, "reauthenticate"))
        self.assertEqual(len(self.server.requests("/token")), 1)

    def test_a_short_lived_token_is_renewed_when_it_is_asked_for(self):
        first = self.json_of(self.password(*self.client("_SHORT", "none"), "-o", "json"))
        self.assertLessEqual(first["expires_in"], 3)
        time.sleep(3.1)
        self.assertNotEqual(self.run_ok("token"), first["access_token"] + "\n")
        self.assertEqual(len(self.tokens_sent()), 1)

    def test_a_refresh_token_that_someone_else_used_ends_the_session_with_status_4(self):
        self.assertEqual(self.password(*self.client("_PUBLIC", "none")).status, 0)
        self.run_ok("refresh")
        used = self.program.file("rt", self.tokens_sent()[0])
        thief = ["refresh", *self.at_server(*self.client("_PUBLIC", "none"), "--refresh-token-file", used,
                                            "--write-refresh-token", used)]
        self.assertEqual(self.program.run(*thief).status, 4)
        done = self.program.run("refresh", "-o", "json")
        self.assertEqual((done.status, self.error_of(done)["error"]), (4, "invalid_grant"))

    def test_another_authority_gets_nothing(self):
        done = self.program.run("password", "--issuer", self.server.issuer, "--cacert", self.server.wrong_ca_file,
                                "--username", "alice", "--password-stdin", "-o", "json", input="secret")
        self.assertEqual((done.status, self.error_of(done)["class"]), (9, "tls"))
        self.assertEqual(self.server.requests(), [])


class GlewlwydTest(RealServerTest):
    """It decodes nothing of HTTP Basic, answers refusals with empty bodies and wants a scope."""

    SCOPE = ("--scope", "openid", "--scope", "scope1")

    @classmethod
    def start_server(cls):
        return Glewlwyd(tls=True).start()

    def basic(self, name="", **keywords):
        return [*self.client(name, "client_secret_basic", encoding="raw", **keywords), *self.SCOPE]

    def test_a_session_from_sign_in_to_revocation(self):
        self.live_through_a_session(*self.basic())

    def test_a_refresh_token_that_may_be_used_again_is_kept(self):
        done = self.program.run("password", "--issuer", self.server.issuer_rolling, "--cacert", self.server.ca_file,
                                "--username", self.server.username, "--password-stdin", *self.basic(),
                                input=self.server.password)
        self.assertEqual(done.status, 0, done.stderr)
        self.run_ok("refresh")
        self.run_ok("refresh")

    def test_awkward_users_and_passwords(self):
        for user in ("", "_PLAIN", "_EMOJI", "_LEADING", "_TRAILING", "_LONG"):
            with self.subTest(user):
                done = self.password(*self.basic(), "--store", "none", user=user)
                self.assertEqual((done.status, done.stderr), (0, ""))

    def test_every_client_authentication_method(self):
        table = {"raw": self.basic(), "raw beyond ASCII": self.basic("_EMOJI"),
                 "form where both are the same": [*self.client("_PLAIN", "client_secret_basic"), *self.SCOPE]}
        for name, words in table.items():
            with self.subTest(name):
                done = self.password(*words, "--store", "none")
                self.assertEqual(done.status, 0, done.stderr)
        for name, secret in (("", None), ("_POST_ONLY", self.server.client_secret), ("_COLON", None), ("_EMOJI", None)):
            with self.subTest(name):
                done = self.password(*self.client(name, "client_secret_post", secret=secret), *self.SCOPE, "--store", "none")
                self.assertEqual(done.status, 0, done.stderr)

    def test_the_other_encoding_is_never_tried(self):
        done = self.password(*self.client("", "client_secret_basic"), *self.SCOPE, "-o", "json")
        self.assertNotEqual(done.status, 0)
        self.store_holds_nothing()

    def test_a_refusal_with_an_empty_body_says_what_it_may_mean(self):
        table = {"a wrong password": self.password(*self.basic(), "-o", "json", password="wrong"),
                 "a disabled user": self.password(*self.basic(), "-o", "json", user="_DISABLED")}
        for name, done in table.items():
            with self.subTest(name):
                error = self.error_of(done)
                self.assertEqual((done.status, error["class"], error["http_status"]), (8, "protocol", 403))
                self.assertIn("wrong password", error["hint"])
        self.store_holds_nothing()

    def test_refusals_of_the_client_and_of_the_scope(self):
        table = {"a wrong secret": self.basic(secret="wrong"), "another method": self.basic("_POST_ONLY", secret="x"),
                 "a client without the grant": self.basic("_NOPASSWORD", secret=self.server.client_secret),
                 "a scope that is not granted": [*self.client("", "client_secret_basic", encoding="raw"), "--scope",
                                                 self.server.scope_not_granted]}
        for name, words in table.items():
            with self.subTest(name):
                done = self.password(*words, "-o", "json")
                self.assertIn((done.status, self.error_of(done)["class"]), [(6, "client-auth"), (6, "grant-not-allowed"),
                                                                           (6, "scope"), (8, "protocol")])
        self.store_holds_nothing()

    def test_client_credentials(self):
        words = [*self.client("_NOPASSWORD", "client_secret_basic", encoding="raw", secret=self.server.client_secret),
                 "--scope", "scope1"]
        self.assertEqual(self.json_of(self.program.run("client-credentials", *self.at_server(*words, "-o", "json")))["scope"],
                         "scope1")


del RealServerTest  # it is no test itself


if __name__ == "__main__":
    unittest.main()
