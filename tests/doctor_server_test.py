"""What `oauth-token doctor` finds of the server: names, connection, TLS, clock, metadata, grants, client authentication.
It sends no secret and no token request."""

import datetime
import email.utils
import json
import socket
import time
import unittest

from authorization_servers import OidcProvider
from certificates import Authority, AuthorityCase
from doctor import doctor
from fault_server import FaultServer, answering, never_answering, response, server_tls
from program import Program
from relays import ConnectProxy
from secret_service import SecretService

METADATA = {"issuer": "{}", "token_endpoint": "{}/token", "grant_types_supported": ["password", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_post"]}
NO_STORE = ("--store", "none")  # the keyring is another test's


def now_in(seconds=0):
    return email.utils.format_datetime(datetime.datetime.now(datetime.timezone.utc)
                                       + datetime.timedelta(seconds=seconds), usegmt=True)


def utc(days):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")


class DoctorServerTest(AuthorityCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tls = server_tls(*cls.authority.certificate("server"))

    def setUp(self):
        self.program = Program()
        self.addCleanup(self.program.close)

    def issuer(self, members=None, *, tls=None, headers=None):
        """A server with these metadata; "{}" in them is its own address."""
        def behave(connection):
            while connection.read_request():
                text = json.dumps(METADATA if members is None else members).replace("{}", server.url(""))
                connection.send(response(text.encode(), headers=[("Content-Type", "application/json"),
                                                                 *(headers or [("Date", now_in())])]))

        server = FaultServer(behave, tls=tls or self.tls)
        self.addCleanup(server.stop)
        return server

    def doctor(self, server, *words, **keywords):
        words = words if "--token-endpoint" in words else ("--issuer", server.url(""), *words)
        return doctor(self.program, *NO_STORE, "--cacert", self.authority.file, "--client-id", "app", *words, **keywords)

    def assert_no_secret_was_sent(self, server):
        for request in server.requests:
            self.assertIn(request.method, ("GET", "HEAD"))
            self.assertEqual((request.body, request.header("Authorization")), (b"", []))

    def test_a_server_in_order_is_ok_in_each_check(self):
        server = self.issuer()
        found = self.doctor(server)
        self.assertEqual((found.status, found.object["result"]), (0, "ok"), found.checks)
        listed = [check["name"] for check in found.checks][4:]
        self.assertEqual(listed, ["connection", "tls", "clock", "metadata", "grants", "client-auth"])
        self.assertIn("TLSv1.3", found.one("tls")["message"])
        self.assertEqual(len(server.requests), 1)
        self.assert_no_secret_was_sent(server)

    def test_no_secret_of_the_profile_leaves_the_machine(self):
        server = self.issuer()
        secret = self.program.file("secret", "canary")
        found = self.doctor(server, "--client-secret-file", secret, "--client-auth", "client_secret_post", "--header",
                            "X-Key: canary", environment={"OAUTH_TOKEN_PASSWORD": "canary"})
        self.assertEqual((found.status, found.results("client-secret")), (0, ["ok"]), found.checks)
        self.assert_no_secret_was_sent(server)
        self.assertNotIn(b"canary", b"".join(request.raw for request in server.requests))

    # --- names and connection

    def test_a_name_that_nobody_knows_is_status_7(self):
        found = doctor(self.program, *NO_STORE, "--issuer", "https://no-such-host.invalid")
        self.assertEqual((found.status, found.one("dns")["class"]), (7, "network"), found.checks)
        self.assertEqual(found.of("connection"), [])

    def test_a_port_that_nobody_listens_on_is_status_7(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            found = doctor(self.program, *NO_STORE, "--issuer", f"https://127.0.0.1:{unused.getsockname()[1]}")
        self.assertEqual((found.status, found.one("connection")["class"]), (7, "network"), found.checks)
        self.assertIn("client-auth", [check["name"] for check in found.checks], "what needs no server is checked")

    def test_a_server_that_does_not_answer_is_given_up_within_the_timeout(self):
        def accepting(connection):
            connection.wait()
        accepting.before_tls = True
        for behave in (accepting, never_answering):
            with FaultServer(behave, tls=self.tls) as server:
                begun = time.monotonic()
                found = self.doctor(server, "--timeout", "1")
                self.assertLess(time.monotonic() - begun, 15)
                self.assertEqual(found.status, 7, found.checks)

    def test_a_proxy_in_between_is_named_without_its_password(self):
        server = self.issuer()
        with ConnectProxy(server.port) as proxy:
            named = proxy.url.replace("http://", "http://user:canary@")
            found = self.doctor(server, "--proxy", named)
            self.assertEqual(found.status, 0, found.checks)
            self.assertIn(f"by way of the proxy 127.0.0.1:{proxy.port}", found.one("connection")["message"])
            self.assertNotIn("canary", json.dumps(found.object))
        found = self.doctor(server, "--proxy", named)
        self.assertEqual((found.status, found.results("connection")), (7, ["failure"]), found.checks)

    # --- TLS

    def test_certificates_that_are_expired_unknown_or_made_for_another_name_are_status_9(self):
        other = Authority(self.folder.name + "/other", "Other Authority")
        table = {"expired": (self.authority.certificate("expired", end="20210101000000Z"), "expired on 2021-01-01"),
                 "unknown": (other.certificate("unknown"), "not trusted"),
                 "other name": (self.authority.certificate("named", names="DNS:as.example"), "DNS:as.example")}
        for name, (files, sentence) in table.items():
            with self.subTest(name):
                found = self.doctor(self.issuer(tls=server_tls(*files)))
                self.assertEqual((found.status, found.one("tls")["class"]), (9, "tls"), found.checks)
                self.assertIn(sentence, found.one("tls")["message"])
                self.assertEqual(found.results("connection"), ["ok"])

    def test_a_chain_that_ends_soon_is_a_warning(self):
        for days, result in ((5.5, "warning"), (20.5, "ok")):
            files = self.authority.certificate(f"in {days}", end=utc(days))
            found = self.doctor(self.issuer(tls=server_tls(*files)))
            self.assertEqual((found.status, found.one("tls")["result"]), (0, result), found.checks)
            self.assertIn(f"(CN=in {days})", found.one("tls")["message"])
            self.assertIn(f", in {int(days)} days", found.one("tls")["message"])

    def test_insecure_tls_is_a_warning_that_names_the_certificate_all_the_same(self):
        found = self.doctor(self.issuer(tls=server_tls(*self.authority.self_signed("own"))), "--insecure-tls")
        self.assertEqual((found.status, found.results("tls")), (0, ["warning"]), found.checks)
        self.assertIn("(CN=own)", found.one("tls")["message"])

    def test_plain_http_to_another_machine_is_status_9(self):
        found = doctor(self.program, *NO_STORE, "--issuer", "http://as.example")
        self.assertEqual((found.status, found.one("tls")["class"]), (9, "insecure"), found.checks)

    # --- clock

    def test_a_clock_that_is_off_is_a_warning_that_says_by_how_much(self):
        table = ((-7200 - 60, "2 h ahead of"), (600 + 30, "10 min behind"), (-400_000, "4 days ahead of"))
        for seconds, sentence in table:
            found = self.doctor(self.issuer(headers=[("Date", now_in(seconds))]))
            self.assertEqual((found.status, found.results("clock")), (0, ["warning"]), found.checks)
            self.assertIn(sentence, found.one("clock")["message"])

    def test_an_answer_out_of_a_cache_tells_no_wrong_time(self):
        found = self.doctor(self.issuer(headers=[("Date", now_in(-3600)), ("Age", "3600")]))
        self.assertEqual(found.results("clock"), ["ok"], found.checks)

    def test_a_server_without_a_date_is_a_warning(self):
        for headers in ([("X-None", "1")], [("Date", "yesterday")]):
            found = self.doctor(self.issuer(headers=headers))
            self.assertEqual((found.status, found.results("clock")), (0, ["warning"]), found.checks)

    # --- metadata

    def test_metadata_of_another_issuer_with_plain_http_or_none_at_all_are_status_8(self):
        table = {"another issuer": {**METADATA, "issuer": "https://evil.example"},
                 "plain http": {**METADATA, "token_endpoint": "http://as.example/token"},
                 "no endpoint": {"issuer": "{}"},
                 "no metadata": {}}
        for name, members in table.items():
            with self.subTest(name):
                found = self.doctor(self.issuer(members))
                self.assertIn(found.one("metadata")["class"], ("protocol", "insecure"))
                self.assertEqual(found.status, {"protocol": 8, "insecure": 9}[found.one("metadata")["class"]])
                self.assertEqual(found.results("clock"), ["ok"], found.checks)

    def test_a_token_endpoint_on_another_server_is_looked_at_too(self):
        endpoint = self.issuer(tls=server_tls(*self.authority.certificate("late", end="20210101000000Z")))
        found = self.doctor(self.issuer({**METADATA, "token_endpoint": endpoint.url()}))
        self.assertEqual((found.status, found.results("tls")), (9, ["ok", "failure"]), found.checks)
        self.assertEqual(endpoint.requests, [])

    def test_a_token_endpoint_that_the_metadata_do_not_name_is_a_warning(self):
        server = self.issuer()
        found = self.doctor(server, "--issuer", server.url(""), "--token-endpoint", server.url("/other"))
        self.assertEqual((found.status, found.results("metadata")), (0, ["warning"]), found.checks)

    def test_a_bare_token_endpoint_is_not_asked_but_the_front_page_of_its_server(self):
        for answer in (response(b"", headers=[("Date", now_in())]),
                       response(b"", 404, [("Date", now_in())]), response(b"", 500, [("Date", now_in())])):
            with FaultServer(answering(answer), tls=self.tls) as server:
                found = self.doctor(server, "--token-endpoint", server.url("/token"))
                self.assertEqual((found.status, found.object["result"]), (0, "ok"), found.checks)
                self.assertEqual([(request.method, request.target) for request in server.requests], [("HEAD", "/")])
                self.assert_no_secret_was_sent(server)
                self.assertEqual(found.results("clock"), ["ok"])

    # --- grants and client authentication

    def test_a_server_that_does_not_list_the_grant_is_a_warning_and_one_that_offers_others_too_is_none(self):
        others = {"device_authorization_endpoint": "{}/device", "authorization_endpoint": "{}/a",
                  "code_challenge_methods_supported": ["S256"]}
        for grants, members, result in ((["authorization_code", "password"], others, "ok"),
                                        (["authorization_code"], {}, "warning")):
            found = self.doctor(self.issuer({**METADATA, **members, "grant_types_supported": grants}))
            self.assertEqual((found.status, found.one("grants")["result"]), (0, result), found.checks)

    def test_a_client_authentication_that_the_server_does_not_name_is_a_warning(self):
        secret = ("--client-secret-file", self.program.file("secret", "s"))
        table = ((["none"], (), "ok"), (["client_secret_basic"], (), "warning"), (["client_secret_basic"], secret, "ok"),
                 (["private_key_jwt"], secret, "warning"), (None, secret, "ok"), (None, (), "warning"))
        for methods, words, result in table:
            with self.subTest(methods=methods, words=words):
                members = {**METADATA, "token_endpoint_auth_methods_supported": methods}
                if methods is None:
                    del members["token_endpoint_auth_methods_supported"]
                found = self.doctor(self.issuer(members), *words)
                self.assertEqual((found.status, found.one("client-auth")["result"]), (0, result), found.checks)

    def test_a_client_secret_that_cannot_be_had_is_named(self):
        server = self.issuer()
        words = ("--client-auth", "client_secret_post", "--client-secret-file")
        found = self.doctor(server, *words, str(self.program.home / "nowhere"))
        self.assertEqual((found.status, found.results("client-secret")), (2, ["failure"]), found.checks)
        found = self.doctor(server, *words, self.program.file("open", "s", 0o644))
        self.assertEqual((found.status, found.results("client-secret")), (0, ["warning"]), found.checks)
        found = self.doctor(server, "--client-auth", "client_secret_post")
        self.assertEqual((found.status, found.results("client-auth")), (2, ["failure"]), found.checks)

    def test_a_client_secret_in_the_keyring_is_looked_for_there(self):
        server = self.issuer()
        with SecretService() as keyring:
            environment = keyring.environment()
            words = ("--config", str(self.program.home / "config.toml"))
            done = self.program.run("profile", "set", "work", *words, "--token-endpoint", server.url(), "--client-id",
                                    "app", "--client-secret-stdin", input="secret", environment=environment)
            self.assertEqual(done.status, 0, done.stderr)
            ask = ("work", *words, *NO_STORE, "--cacert", self.authority.file)
            found = doctor(self.program, *ask, environment=environment)
            self.assertEqual((found.status, found.results("client-secret")), (0, ["ok"]), found.checks)
        with SecretService() as another:
            found = doctor(self.program, *ask, environment=another.environment())
            self.assertEqual((found.status, found.results("client-secret")), (2, ["failure"]), found.checks)


class RealServerDoctorTest(unittest.TestCase):
    def test_a_real_provider_and_its_profile_are_in_order(self):
        with OidcProvider() as server, SecretService() as keyring, Program(keyring.environment()) as program:
            done = program.run("profile", "set", "work", "--issuer", server.issuer, "--cacert", server.ca_file,
                               "--client-id", server.client_id, "--client-secret-stdin", input=server.client_secret)
            self.assertEqual(done.status, 0, done.stderr)
            server.forget_requests()
            found = doctor(program, "work")
            self.assertEqual((found.status, found.error), (0, ""), found.checks)
            for name in ("configuration", "memory", "state-folder", "keyring", "dns", "connection", "tls", "clock",
                         "metadata", "client-secret", "client-auth"):
                self.assertEqual(found.results(name), ["ok"], found.checks)
            self.assertEqual([(request["method"], request["form"]) for request in server.requests()], [("GET", [])])


if __name__ == "__main__":
    unittest.main()
