"""Whom the program trusts half: metadata, variables, proxies, the configuration file."""

import json
import os
import unittest

from certificates import Authority, AuthorityCase
from fault_server import FaultServer, answering, response, server_tls
from program import Program

JSON = [("Content-Type", "application/json")]
TOKEN = response(b'{"access_token":"at","token_type":"Bearer"}', headers=JSON)


class TrustTest(AuthorityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tls = server_tls(*cls.authority.certificate("server"))

    def setUp(self):
        self.program = Program()
        self.addCleanup(self.program.close)

    def issuer(self, members, tls=True):
        """A server that answers each request with the metadata `members`; "{}" in them is its own address."""
        def behave(connection):
            while connection.read_request():
                text = json.dumps(members).replace("{}", server.url(""))
                connection.send(response(text.encode(), headers=JSON))

        server = FaultServer(behave, tls=self.tls if tls else None)
        self.addCleanup(server.stop)
        return server

    def password(self, *words, **keywords):
        return self.program.run("password", "--username", "alice", "--store", "none", "--password-stdin", *words,
                                **{"input": "secret", **keywords})

    def configuration(self, text, mode=0o600):
        path = self.program.file("config/oauth-token/config.toml", text, mode)
        (self.program.config_home / "oauth-token").chmod(0o700)
        return path

    def test_metadata_that_name_plain_http_or_another_issuer_get_no_password(self):
        table = {"http": {"issuer": "{}", "token_endpoint": "http://127.0.0.1:1/token"},
                 "http elsewhere": {"issuer": "{}", "token_endpoint": "http://as.example/token"},
                 "another issuer": {"issuer": "https://evil.example", "token_endpoint": "{}/token"},
                 "no issuer": {"token_endpoint": "{}/token"},
                 "no endpoint": {"issuer": "{}"},
                 "no URL": {"issuer": "{}", "token_endpoint": "file:///etc/passwd"}}
        for name, members in table.items():
            with self.subTest(name):
                server = self.issuer(members)
                done = self.password("--issuer", server.url(""), "--cacert", self.authority.file)
                self.assertIn(done.status, (8, 9), done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertTrue(all(request.method == "GET" for request in server.requests))

    def test_discover_prints_the_checked_metadata(self):
        members = {"issuer": "{}", "token_endpoint": "{}/token", "scopes_supported": ["a", "\u202e"]}
        server = self.issuer(members)
        words = ["discover", "--issuer", server.url(""), "--cacert", self.authority.file]
        done = self.program.run(*words)
        self.assertEqual(done.status, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout), json.loads(json.dumps(members).replace("{}", server.url(""))))
        self.assertNotIn("\u202e", done.stdout)
        done = self.program.run(*words, "--field", "token_endpoint")
        self.assertEqual(done.stdout, server.url("/token") + "\n")

    def test_an_unknown_authority_is_status_9_unless_insecure_tls_is_given_which_warns(self):
        with FaultServer(answering(TOKEN), tls=self.tls) as server:
            done = self.password("--token-endpoint", server.url(), "-o", "json")
            self.assertEqual((done.status, done.stdout, server.requests), (9, "", []), done.stderr)
            self.assertEqual(json.loads(done.stderr)["class"], "tls")
            done = self.password("--token-endpoint", server.url(), "--insecure-tls")
            self.assertEqual((done.status, done.stdout), (0, "at\n"), done.stderr)
            self.assertIn("NOT checked", done.stderr)

    def test_what_weakens_a_connection_may_stand_in_a_profile_for_this_machine_only(self):
        with FaultServer(answering(TOKEN), tls=self.tls) as server:
            self.configuration(f'[profiles.here]\ntoken-endpoint = "{server.url()}"\ninsecure-tls = true\n'
                               '[profiles.there]\ntoken-endpoint = "https://192.0.2.1/token"\ninsecure-tls = true\n'
                               '[profiles.plain]\ntoken-endpoint = "http://192.0.2.1/token"\nallow-http = true\n')
            self.assertEqual(self.password("here").stdout, "at\n")
        for name, option in (("there", "--insecure-tls"), ("plain", "--allow-http")):
            done = self.password(name)
            self.assertEqual((done.status, done.stdout), (2, ""))
            self.assertIn(option, done.stderr)
            self.assertIn("192.0.2.1", done.stderr)

    def test_no_variable_sends_tokens_to_another_server_than_the_one_in_force(self):
        with FaultServer(answering(TOKEN)) as server:
            self.configuration(f'[profiles.default]\ntoken-endpoint = "{server.url()}"\n'
                               f'[profiles.named]\ntoken-endpoint = "{server.url()}"\n'
                               'introspection-endpoint = "https://other.example/x"\n'
                               'revocation-endpoint = "https://other.example/x"\n')
            for key in ("INTROSPECTION", "REVOCATION"):
                variable = f"OAUTH_TOKEN_{key}_ENDPOINT"
                elsewhere = {variable: "https://other.example/x"}
                by_variable = {**elsewhere, "OAUTH_TOKEN_TOKEN_ENDPOINT": server.url()}
                for words, environment in (([], elsewhere), ([], by_variable), (["named"], {variable: "https://evil.example"})):
                    with self.subTest(variable, words=words, environment=environment):
                        done = self.password(*words, environment=environment)
                        self.assertEqual((done.status, done.stdout, server.requests), (2, "", []), done.stderr)
                        self.assertIn(f"{variable} names {environment[variable]}", done.stderr)
                        self.assertIn(f"names {server.url()}:", done.stderr)
                for words, environment in (([], {variable: server.url("/x")}), (["named"], elsewhere)):
                    with self.subTest(variable, words=words, environment=environment):
                        done = self.password(*words, environment=environment)
                        self.assertEqual((done.status, done.stdout), (0, "at\n"), done.stderr)
                server.requests.clear()

    def test_no_variable_turns_the_profile_s_proofs_to_another_use(self):
        with FaultServer(answering(TOKEN)) as server, FaultServer(answering(TOKEN)) as other:
            own = f'token-endpoint = "{server.url()}"\nclient-id = "app"\n'
            signing = f'{own}signing-key = "{self.authority.certificate("client")[1]}"\n'
            secret = f'{own}client-secret-file = "{self.program.file("secret", "s" * 40)}"\n'
            certificate, key = self.authority.certificate("client")
            self.configuration(
                f"[profiles.signing]\n{signing}"
                f'[profiles.mac]\n{secret}client-auth = "client_secret_jwt"\n'
                f'[profiles.tls]\n{own}client-auth = "tls_client_auth"\ntls-cert = "{certificate}"\ntls-key = "{key}"\n')
            elsewhere = {"OAUTH_TOKEN_TOKEN_ENDPOINT": other.url()}
            refused = (("signing", elsewhere), ("mac", elsewhere), ("tls", elsewhere),
                       ("signing", {"OAUTH_TOKEN_ASSERTION_AUDIENCE": "https://bank.example"}),
                       ("mac", {"OAUTH_TOKEN_ASSERTION_AUDIENCE": "https://bank.example"}),
                       ("mac", {"OAUTH_TOKEN_CLIENT_AUTH": "client_secret_post"}),
                       ("tls", {"OAUTH_TOKEN_CLIENT_AUTH": "none"}))
            for profile, variables in refused:
                with self.subTest(profile, variables=variables):
                    done = self.password(profile, environment=variables)
                    self.assertEqual((done.status, done.stdout), (2, ""), done.stderr)
                    self.assertIn("a variable may not", done.stderr)
            self.assertEqual((server.requests, other.requests), ([], []))
            taken = (("signing", {"OAUTH_TOKEN_ASSERTION_AUDIENCE": "endpoint"}),
                     ("signing", {"OAUTH_TOKEN_CLIENT_ID": "other"}), ("mac", {}))
            for profile, variables in taken:
                with self.subTest(profile, variables=variables):
                    done = self.password(profile, environment=variables)
                    self.assertEqual((done.status, done.stdout), (0, "at\n"), done.stderr)

    def test_no_endpoint_may_be_on_another_machine_where_the_profile_weakens_the_connection(self):
        with FaultServer(answering(TOKEN), tls=self.tls) as server:
            for key in ("token-endpoint", "introspection-endpoint", "revocation-endpoint"):
                with self.subTest(key):
                    endpoints = {"issuer": server.url(""), "token-endpoint": server.url(), key: "https://192.0.2.1/x"}
                    self.configuration("[profiles.default]\ninsecure-tls = true\n" +
                                       "".join(f'{name} = "{url}"\n' for name, url in endpoints.items()))
                    done = self.password()
                    self.assertEqual((done.status, done.stdout, server.connections), (2, "", 0), done.stderr)
                    self.assertIn("192.0.2.1", done.stderr)

    def test_metadata_lead_to_no_other_machine_where_the_profile_weakens_the_connection(self):
        server = self.issuer({"issuer": "{}", "token_endpoint": "https://192.0.2.1/token"})
        self.configuration(f'[profiles.default]\nissuer = "{server.url("")}"\ninsecure-tls = true\n')
        done = self.password()
        self.assertEqual((done.status, done.stdout), (2, ""), done.stderr)
        self.assertIn("192.0.2.1", done.stderr)

    def test_the_warning_that_no_certificate_is_checked_cannot_be_silenced(self):
        with FaultServer(answering(TOKEN), tls=self.tls) as server:
            words = ["--token-endpoint", server.url(), "--insecure-tls"]
            for done in (self.password(*words, "--quiet"), self.password(*words, environment={"OAUTH_TOKEN_QUIET": "1"})):
                self.assertEqual((done.status, done.stdout), (0, "at\n"), done.stderr)
                self.assertIn("NOT checked", done.stderr)

    def test_the_keys_of_a_connection_are_written_nowhere(self):
        keys = self.program.home / "keys"
        with FaultServer(answering(TOKEN), tls=self.tls) as server:
            done = self.password("--token-endpoint", server.url(), "--cacert", self.authority.file,
                                 environment={"SSLKEYLOGFILE": str(keys)})
        self.assertEqual((done.status, done.stdout), (0, "at\n"), done.stderr)
        self.assertFalse(keys.exists(), "not even an empty file")

    def test_plain_http_to_this_machine_never_goes_through_a_proxy(self):
        with FaultServer(answering(TOKEN)) as server, FaultServer(answering(TOKEN)) as proxy:
            for variable in ("http_proxy", "all_proxy", "https_proxy", "HTTP_PROXY"):
                done = self.password("--token-endpoint", server.url(), environment={variable: proxy.url("")})
                self.assertEqual((done.status, done.stdout), (0, "at\n"), done.stderr)
            self.assertEqual((len(server.requests), proxy.connections), (4, 0))

    def test_no_proxy_is_taken_from_a_variable_that_a_request_can_set(self):
        """A CGI server makes HTTP_PROXY from the header Proxy."""
        with FaultServer(answering(TOKEN)) as proxy:
            for variable, connections in (("http_proxy", 1), ("HTTP_PROXY", 0)):
                before = proxy.connections
                done = self.password("--allow-http", "--token-endpoint", "http://as.invalid/token",
                                     environment={variable: proxy.url("")})
                self.assertEqual((done.stdout, proxy.connections - before), ("", connections), (variable, done.stderr))

    def test_a_named_authority_replaces_the_trust_variables(self):
        with FaultServer(answering(TOKEN), tls=self.tls) as server:
            words = ["--token-endpoint", server.url()]
            self.assertEqual(self.password(*words, environment={"SSL_CERT_FILE": self.authority.file}).status, 0)
            other = Authority(self.program.home / "other", "Other Authority").file
            done = self.password(*words, "--cacert", other, environment={"SSL_CERT_FILE": self.authority.file})
            self.assertEqual(done.status, 9, done.stderr)

    def test_a_configuration_that_others_can_write_is_refused(self):
        with FaultServer(answering(TOKEN)) as server:
            text = f'[profiles.default]\ntoken-endpoint = "{server.url()}"\npassword-command = "touch ran; echo secret"\n'
            for mode in (0o620, 0o602, 0o666):
                with self.subTest(oct(mode)):
                    path = self.configuration(text, mode)
                    done = self.password(cwd=self.program.home)
                    self.assertEqual((done.status, done.stdout, server.connections), (2, "", 0), done.stderr)
                    self.assertIn(path, done.stderr)
            self.assertFalse(os.path.exists(self.program.home / "ran"))
            self.configuration(text)
            done = self.program.run("password", "--username", "a", "--store", "none", cwd=self.program.home)
            self.assertEqual(done.status, 0, done.stderr)
            self.assertTrue(os.path.exists(self.program.home / "ran"), "else the first half proves nothing")

    def test_relative_folders_of_the_environment_are_passed_over(self):
        (self.program.home / "evil/oauth-token").mkdir(parents=True)
        (self.program.home / "evil/oauth-token/config.toml").write_text('[profiles.default]\nissuer = "https://evil.example"\n')
        done = self.password(environment={"XDG_CONFIG_HOME": "evil"}, cwd=self.program.home)
        self.assertEqual(done.status, 2)
        self.assertIn("No server is named", done.stderr)


if __name__ == "__main__":
    unittest.main()
