"""Control, direction and zero-width characters, wherever they come from, reach no terminal and no log as they are."""

import json
import re
import unittest

from fault_server import FaultServer, response
from program import Program

JSON = [("Content-Type", "application/json")]
KEY = {"OAUTH_TOKEN_STORE_KEY": "base64:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="}
EVIL = "x\x1b[31m\x07\x9b\u202e\u200b\ufeff\r\n\x7f\u2028y"
IN_A_LINE = EVIL.replace("\r\n", "")
IN_A_HEADER = IN_A_LINE.encode().decode("latin-1")
# All but a newline; a tab is none of ours either.
RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


def body(status=200, **members):
    return response(json.dumps(members).encode(), status, JSON)


class HostileServer(FaultServer):
    """`says` is what the token endpoint answers, by name."""

    def __init__(self):
        self.says = "token"
        super().__init__(self._behave)

    def answers(self):
        hostile = {"error_description": EVIL, "error_uri": EVIL, EVIL: EVIL}
        return {
            "token": body(access_token="at", token_type="Bearer", refresh_token="rt", expires_in=EVIL, scope=EVIL + " b",
                          **{EVIL: EVIL}),
            "type": body(access_token="at", token_type=EVIL),
            "unknown error": body(400, error=EVIL, **hostile),
            "known error": body(400, error="invalid_grant", **hostile),
            "no client": body(401, error="invalid_client", **hostile),
            "busy": body(503, error="temporarily_unavailable", **hostile),
            "page": response(f"<html><title>{EVIL}</title>".encode(), 500, [("Content-Type", "text/html")]),
            "no JSON": response(f'{{"access_token": "{EVIL}'.encode(), 200, JSON),
            "content type": response(b"{}", 200, [("Content-Type", f"text/{IN_A_HEADER}")]),
            "redirect": response(b"", 302, [("Location", f"https://{IN_A_HEADER}/")]),
            "status line": f"HTTP/1.1 200 {IN_A_LINE}\r\nContent-Length: 0\r\n\r\n".encode(),
            "header": f"HTTP/1.1 200 OK\r\nX-{IN_A_LINE}: y\r\nContent-Length: 0\r\n\r\n".encode(),
            "no HTTP": EVIL.encode(),
        }

    def metadata(self):
        hostile = self.says == "metadata"
        return body(issuer=EVIL if hostile else self.url()[:-6], token_endpoint=self.url(),
                    introspection_endpoint=self.url("/introspect"), revocation_endpoint=self.url("/revoke"),
                    scopes_supported=[EVIL], **{EVIL: EVIL})

    def _behave(self, connection):
        while request := connection.read_request():
            if "well-known" in request.target:
                connection.send(self.metadata())
            elif "introspect" in request.target:
                connection.send(body(active=self.says == "token", username=EVIL, **{EVIL: [EVIL]}))
            elif "revoke" in request.target:
                connection.send(body(400, error="unsupported_token_type", error_description=EVIL))
            else:
                connection.send(self.answers().get(self.says, self.answers()["token"]))


class ControlCharactersTest(unittest.TestCase):
    def setUp(self):
        self.program = Program(KEY)
        self.addCleanup(self.program.close)
        self.server = HostileServer()
        self.addCleanup(self.server.stop)
        self.issuer = self.server.url()[:-6]

    def check(self, *words, **options):
        """Runs it, and nothing raw is in what it prints."""
        with self.subTest([word[:30] if isinstance(word, str) else word for word in words], says=self.server.says):
            done = self.program.run(*words, **options)
            self.assertNotEqual(done.status, 1, done.stderr)
            self.assertGreaterEqual(done.status, 0)
            for name, text in (("output", done.stdout), ("error", done.stderr)):
                found = RAW.search(text)
                self.assertIsNone(found, f"standard {name}: {text!r}")
                text.encode()  # no byte that is no UTF-8
            if "json" in words and "exec" not in words:
                lines = [*done.stdout.splitlines(), *done.stderr.splitlines()]
                self.assertTrue(all(line[0] in "{[" for line in lines), lines)
                for line in lines:
                    json.loads(line)
            return done

    def forms(self, with_trace=True):
        return [[], ["-o", "json"], *([["-v"], ["-v", "-o", "json"]] if with_trace else [])]

    def sign_in(self, *more):
        return ["password", "--issuer", self.issuer, "--client-id", "app", "--username", EVIL, "--scope", "a b", "--store",
                "file", "--replace", "--password-stdin", *more]

    def test_answers_of_the_token_endpoint(self):
        for says in self.server.answers():
            self.server.says = says
            for form in self.forms():
                self.check(*self.sign_in("--session", "one"), *form, input=f"pw{EVIL}")
        self.server.says = "token"
        self.check(*self.sign_in(), input="pw")
        for says in self.server.answers():
            self.server.says = says
            for form in self.forms():
                self.check("refresh", "--force", *form)
        for says in ("token", "known error", "page"):
            self.server.says = says
            self.check("batch", "--token-endpoint", self.server.url(), "--client-id", "app",
                       input=f'username,password\n"{IN_A_LINE}",pw\n')

    def test_answers_of_other_endpoints_and_what_was_kept_of_them(self):
        self.assertEqual(self.check(*self.sign_in(), input="pw").status, 0)
        self.assertEqual(self.check(*self.sign_in("--session", "other"), input="pw").status, 0)
        for says in ("token", "metadata"):
            self.server.says = says
            for form in self.forms():
                for words in (["introspect"], ["revoke"], ["discover", "--issuer", self.issuer]):
                    self.check(*words, *form)
            for form in self.forms(with_trace=False):
                for words in (["list"], ["show"], ["show", "other"], ["doctor"], ["doctor", "--issuer", self.issuer]):
                    self.check(*words, *form)
        # Told as they are to a program that asks for this one member.
        self.assertEqual(self.program.run("show", "--field", "username").stdout, EVIL + "\n")

    def test_the_configuration_file(self):
        quoted = json.dumps(IN_A_LINE)  # TOML's escapes are those of JSON
        texts = [f'[profiles.{quoted}]\nclient-id = "a"\n', f"[profiles.work]\n{quoted} = 1\n", f"[profiles.work]\nissuer = {quoted}\n",
                 f"[profiles.work]\nscope = {quoted}\n", f"[profiles.work]\nclient-auth = {quoted}\n", f"[{quoted}]\n",
                 f"[profiles.work]\nclient-secret = {quoted}\n", "[profiles.work]\nscope = \"\x1b\"\n",
                 f"[profiles.work]\nscope = [{quoted}, 1]\n", f"# {IN_A_LINE}\n[profiles.work]\n", f"{IN_A_LINE}\n",
                 f'[profiles.work]\nheader = ["X: {json.dumps(EVIL)[1:-1]}"]\nissuer = "https://as.example"\n']
        for text in texts:
            self.program.file("config/oauth-token/config.toml", text)
            (self.program.config_home / "oauth-token").chmod(0o700)
            for form in self.forms(with_trace=False):
                for words in (["profile", "list"], ["profile", "show", "work"], ["profile", "show", IN_A_LINE],
                              ["doctor", "work"], ["token", "work"]):
                    self.check(*words, *form)
            for words in (["profile", "set", "work", "--client-id", "b"], ["profile", "remove", IN_A_LINE]):
                self.check(*words)

    def test_session_files_that_somebody_else_wrote(self):
        self.assertEqual(self.check(*self.sign_in(), input="pw").status, 0)
        file = self.program.state_home / "oauth-token/sessions/default.json"
        record = json.loads(file.read_text())

        def spoilt(value):
            if isinstance(value, dict):
                for name in value:
                    yield from ({**value, name: other} for other in spoilt(value[name]))
                yield {**value, EVIL: EVIL}
            elif isinstance(value, list):
                yield [EVIL]
            else:
                yield EVIL

        for changed in spoilt(record):
            file.write_text(json.dumps(changed))
            for words in (["list"], ["show"], ["show", "-o", "json"], ["token"]):
                self.check(*words)
        file.write_text(EVIL)
        for words in (["list"], ["show"], ["token"], ["forget"]):
            self.check(*words)

    def test_the_command_line_and_variables(self):
        server = ["--token-endpoint", self.server.url(), "--client-id", "app"]
        table = [[EVIL], [f"--{EVIL}"], [f"-{EVIL}"], ["password", f"--{EVIL}", "x"], ["profile", EVIL], ["help", EVIL],
                 ["token", EVIL], ["show", EVIL], ["forget", EVIL], ["token", "a", EVIL], ["completion", EVIL],
                 ["list", "--store", EVIL], ["password", "-o", EVIL], ["password", "--timeout", EVIL],
                 ["password", "--token-endpoint", EVIL], ["password", "--issuer", f"https://{EVIL}"],
                 ["password", *server, "--cacert", EVIL], ["password", *server, "--password-file", EVIL],
                 ["password", *server, "--header", f"{EVIL}: x"], ["password", *server, "--header", f"X: {EVIL}"],
                 ["password", *server, "--username", EVIL, "--param", f"{EVIL}=1", "--dry-run"],
                 ["password", *server, "--param-file", f"{EVIL}={EVIL}", "--username", "a", "--store", "none", "--password-stdin"],
                 ["password", *server, "--signing-key", EVIL], ["password", *server, "--tls-cert", EVIL],
                 ["password", *server, "--client-auth", EVIL], ["password", *server, "--proxy", f"http://{EVIL}"],
                 ["password", *server, "--resource", EVIL], ["password", *server, "--session", EVIL],
                 ["password", *server, "--username", "a", "--askpass", EVIL], ["--config", EVIL, "profile", "list"],
                 ["exec", "--", EVIL], ["exec", "--env", EVIL, "--", "true"], ["store", "move", "a", EVIL],
                 ["store", "move", "a", f"file:/{EVIL}"], ["dpop-proof", EVIL, EVIL], ["profile", "set", "p", f"--{EVIL}"],
                 ["profile", "set", EVIL, "--client-id", "x"], ["profile", "set", "p", "--client-id", EVIL],
                 ["profile", "show", EVIL], ["request", EVIL, *server], ["batch", *server, "--users-fd", EVIL]]
        for words in table:
            self.assertNotEqual(self.check(*words).status, 0 if "--dry-run" not in words else 2)
        for name in ("PROFILE", "SESSION", "OUTPUT", "ISSUER", "STORE", "TIMEOUT", "STORE_KEY"):
            with self.subTest(name):
                self.check(*self.sign_in(), input="pw", environment={f"OAUTH_TOKEN_{name}": EVIL})
        for name in ("HOME", "XDG_STATE_HOME", "DBUS_SESSION_BUS_ADDRESS", "https_proxy", "SSL_CERT_FILE"):
            with self.subTest(name):
                value = f"{self.program.home}/{EVIL}"
                self.check("doctor", "--issuer", "https://127.0.0.1:1", environment={name: value, "XDG_CONFIG_HOME": None})

    def test_a_store_in_a_folder_with_such_a_name_is_refused_like_any_other_word(self):
        self.assertEqual(self.check(*self.sign_in(), input="pw").status, 0)
        done = self.check("store", "move", "default", f"file:{self.program.home}/{EVIL}")
        self.assertEqual((done.status, done.stdout), (2, ""))
        self.assertIn("control character", done.stderr)


if __name__ == "__main__":
    unittest.main()
