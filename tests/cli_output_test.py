"""What the program prints, and what it says when it cannot."""

import json
import os
import shlex
import signal
import subprocess
import time
import unittest

from fault_server import FaultServer, answering, never_answering, response
from program import Program

JSON = [("Content-Type", "application/json")]


def token(**members):
    members = {"access_token": "at-1", "token_type": "Bearer", **members}
    return answering(response(json.dumps(members).encode(), headers=JSON))


class Case(unittest.TestCase):
    maxDiff = None

    def run_with(self, behaviour, *words, **keywords):
        with Program() as program, FaultServer(behaviour) as server:
            return program.run("password", "--token-endpoint", server.url(), "--username", "alice", "--store", "none",
                               "--password-stdin", *words, input="s3cret-pass", **keywords)


class FormTest(Case):
    def test_each_form(self):
        table = {"token": "at-1\n", "header": "Authorization: Bearer at-1\n", "env": "ACCESS_TOKEN='at-1'\n", "none": ""}
        for form, expected in table.items():
            with self.subTest(form):
                done = self.run_with(token(), "-o", form)
                self.assertEqual((done.status, done.stdout, done.stderr), (0, expected, ""))

    def test_json_holds_what_the_server_said_with_its_types(self):
        done = self.run_with(token(token_type="bearer", scope="a b", refresh_token="rt", expires_in=60,
                                   id_token="x.y.z", password_expiring=True, n=None, list=[1, "\u202e"]), "-o", "json")
        answer = json.loads(done.stdout)
        self.assertRegex(answer.pop("expires_at"), r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertAlmostEqual(answer.pop("expires_in"), 60, delta=5)
        self.assertEqual(answer, {"access_token": "at-1", "token_type": "Bearer", "scope": "a b", "id_token": "x.y.z",
                                  "warnings": [], "extra": {"password_expiring": True, "n": None, "list": [1, "\u202e"]}})
        self.assertNotIn("\u202e", done.stdout)
        self.assertEqual(done.stdout.count("\n"), 1)

    def test_the_refresh_token_appears_only_on_request(self):
        self.assertNotIn("rt-1", self.run_with(token(refresh_token="rt-1"), "-o", "json").stdout)
        shown = self.run_with(token(refresh_token="rt-1"), "-o", "json", "--show-refresh-token")
        self.assertEqual(json.loads(shown.stdout)["refresh_token"], "rt-1")
        field = self.run_with(token(refresh_token="rt-1"), "--field", "refresh_token", "--show-refresh-token")
        self.assertEqual((field.status, field.stdout), (0, "rt-1\n"), field.stderr)
        for form in ([], ["-o", "header"]):
            with FaultServer(token()) as server, Program() as program:
                done = program.run("client-credentials", "--token-endpoint", server.url(), "--client-id", "app",
                                   "--show-refresh-token", *form, environment={"OAUTH_TOKEN_CLIENT_SECRET": "s"})
                self.assertEqual((done.status, done.stdout, server.connections), (2, "", 0), done.stderr)
                self.assertIn("Add -o json or --field refresh_token.", done.stderr)

    def test_field_prints_one_member(self):
        behaviour = token(scope="a b", text='q"\\\u00e9\U0001f600', number=1.5, object={"a": [1, 2]}, truth=True)
        table = {"access_token": "at-1", "scope": "a b", "text": 'q"\\\u00e9\U0001f600', "number": "1.5",
                 "object": '{"a":[1,2]}', "truth": "true", "warnings": "[]"}
        for name, expected in table.items():
            with self.subTest(name):
                done = self.run_with(behaviour, "--field", name)
                self.assertEqual((done.status, done.stdout), (0, expected + "\n"), done.stderr)

    def test_field_beside_another_form_than_json_is_refused_before_anything_is_sent(self):
        for form in ("token", "header", "env", "none", "github"):
            with self.subTest(form), Program() as program, FaultServer(token()) as server:
                outputs = program.file("outputs", "")
                words = ["password", "--token-endpoint", server.url(), "--username", "alice", "--store", "none",
                         "--password-stdin", "--field", "access_token"]
                github = {"GITHUB_OUTPUT": outputs}
                done = program.run(*words, "-o", form, input="s3cret-pass", environment=github)
                self.assertEqual((done.status, done.stdout, server.connections), (2, "", 0), done.stderr)
                self.assertIn(f'--field prints a member of the JSON answer, but --output says "{form}".', done.stderr)
                variable = {**github, "OAUTH_TOKEN_OUTPUT": form}
                done = program.run(*words, input="s3cret-pass", environment=variable)
                if form == "github":
                    self.assertEqual((done.status, done.stdout, server.connections), (2, "", 0), done.stderr)
                    self.assertIn('but OAUTH_TOKEN_OUTPUT says "github"', done.stderr)
                else:
                    self.assertEqual((done.status, done.stdout), (0, "at-1\n"), done.stderr)
        self.assertEqual(self.run_with(token(), "--field", "access_token", "-o", "json").stdout, "at-1\n")

    def test_a_field_that_is_absent_is_status_8(self):
        for name in ("id_token", "refresh_token", "nonsense", "expires_in"):
            with self.subTest(name):
                done = self.run_with(token(refresh_token="rt"), "--field", name)
                self.assertEqual((done.status, done.stdout), (8, ""))
                self.assertIn(f'no member "{name}"', done.stderr)
                done = self.run_with(token(refresh_token="rt"), "-o", "json", "--field", name)
                self.assertEqual(json.loads(done.stderr)["sent"], "yes", "the password was")

    def test_a_header_is_made_of_a_bearer_token_only(self):
        for members in ({"token_type": "DPoP"}, {"token_type": "mac"}, {"access_token": "a b"}, {"access_token": "a\u00e9"},
                        {"access_token": "a\r\nX: y"}):
            with self.subTest(members):
                done = self.run_with(token(**members), "-o", "header")
                self.assertEqual((done.status, done.stdout), (8, ""), done.stderr)
        self.assertEqual(self.run_with(token(token_type="BEARER"), "-o", "header").stdout, "Authorization: Bearer at-1\n")

    def test_a_shell_reads_the_token_back(self):
        nasty = "a'b\"$(touch x)`\\ ;"
        done = self.run_with(token(access_token=nasty), "-o", "env")
        self.assertEqual(shlex.split(done.stdout), ["ACCESS_TOKEN=" + nasty])

    def test_a_warning_goes_to_standard_error_unless_quiet(self):
        behaviour = token(expires_in="soon")
        self.assertRegex(self.run_with(behaviour).stderr, "^oauth-token: warning: .*expires_in.*\n$")
        self.assertEqual(self.run_with(behaviour, "--quiet").stderr, "")
        done = self.run_with(behaviour, "-o", "json")
        self.assertEqual([json.loads(line)["warning"] for line in done.stderr.splitlines()],
                         json.loads(done.stdout)["warnings"])


class FailureTest(Case):
    def test_an_answer_that_cannot_be_written_is_status_10(self):
        with open("/dev/full", "wb") as full:
            done = self.run_with(token(), stdout=full)
            self.assertEqual(done.status, 10)
            self.assertIn("No space left", done.stderr)
            self.assertIn("See where standard output goes. The token is lost.\n", done.stderr)
        reading, writing = os.pipe()
        os.close(reading)
        done = self.run_with(token(), stdout=writing)
        os.close(writing)
        self.assertEqual(done.status, 10)
        self.assertIn("Broken pipe", done.stderr)

    def test_each_command_that_prints_says_when_it_cannot(self):
        with Program() as program:
            program.file("config/oauth-token/config.toml", '[profiles.default]\nclient-id = "c"\n')
            (program.config_home / "oauth-token").chmod(0o700)
            for command in ("--help", "--version", "list -o json", "profile list", "profile show", "forget --help"):
                with self.subTest(command), open("/dev/full", "wb") as full:
                    done = program.run(*command.split(), stdout=full)
                    self.assertEqual(done.status, 10, done.stderr)
                    self.assertIn("No space left", done.stderr)
                    self.assertNotIn("session", done.stderr)
                    words = shlex.join([program.path, *command.split()])
                    for closing, status in ((">&-", 10), ("<&- 2>&-", 0)):
                        done = subprocess.run(["sh", "-c", f"{words} {closing}"], env=program.environment,
                                              capture_output=True, timeout=60, check=False)
                        self.assertEqual(done.returncode, status, done.stderr)

    def test_words_of_the_server_are_escaped_and_never_hold_a_secret(self):
        for form in ([], ["-o", "json"], ["-v"]):
            with self.subTest(form):
                error = {"error": "invalid_grant", "error_description": "no \x1b[31m s3cret-pass \u202e!"}
                done = self.run_with(answering(response(json.dumps(error).encode(), 400, JSON)), *form)
                self.assertEqual((done.status, done.stdout), (3, ""))
                self.assertNotIn("\x1b", done.stderr)
                self.assertNotIn("\u202e", done.stderr)
                self.assertNotIn("s3cret-pass", done.stderr)

    def test_a_signal_ends_the_program_as_that_signal(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number), Program() as program, FaultServer(never_answering) as server:
                process = program.start("password", "--token-endpoint", server.url(), "--username", "alice", "--store",
                                        "none", "--password-stdin", "-o", "json")
                process.stdin.write(b"secret")
                process.stdin.close()
                deadline = time.monotonic() + 20
                while not server.connections and time.monotonic() < deadline:
                    time.sleep(0.01)
                process.send_signal(number)
                self.assertEqual(process.wait(10), -number)
                error = json.loads(process.stderr.read())
                self.assertEqual((error["class"], error["exit_status"]), ("interrupted", 128 + number))
                for stream in (process.stdout, process.stderr):
                    stream.close()


class TraceTest(Case):
    def test_verbose_shows_requests_and_answers_without_secrets(self):
        done = self.run_with(token(refresh_token="rt-secret"), "-v", "--scope", "read", "--param", "color=crimson-red",
                             "--client-id", "app")
        self.assertEqual((done.status, done.stdout), (0, "at-1\n"))
        for shown in ("POST http://127.0.0.1", "grant_type", "read", "app", "Bearer"):
            self.assertIn(shown, done.stderr)
        for secret in ("s3cret-pass", "rt-secret", "at-1", "crimson-red"):
            self.assertNotIn(secret, done.stderr)

    def test_dry_run_sends_nothing_and_asks_nothing(self):
        with Program() as program, FaultServer(token()) as server:
            words = ["password", "--token-endpoint", server.url(), "--username", "alice", "--dry-run", "--no-input"]
            done = program.run(*words)
            self.assertEqual((done.status, done.stdout, server.connections), (0, "", 0), done.stderr)
            self.assertIn("POST " + server.url(), done.stderr)
            self.assertIn("grant_type", done.stderr)
            done = program.run(*words, "--password-stdin", input="s3cret-pass")
            self.assertNotIn("s3cret-pass", done.stderr)
            self.assertIn("11 bytes", done.stderr)
            self.assertEqual(server.connections, 0)

    def test_dry_run_goes_past_discovery_and_asks_for_nothing_that_is_missing(self):
        issuer = "https://as.example"
        server = ["--issuer", issuer, "--client-id", "app"]
        secret = ["--client-auth", "client_secret_post"]
        table = [(["password", *server], b"client_id: app"),
                 (["password", *server, *secret], b"client_secret: (8 bytes)"),
                 (["client-credentials", *server], b"Authorization: Basic"),
                 (["request", "urn:example:grant", *server, "--username", "alice"], b"urn:example:grant"),
                 (["refresh", *server, "--refresh-token-stdin", "--on-rotation", "false"], b"refresh_token: (9 bytes)")]
        with Program() as program:
            for words, shown in table:
                with self.subTest(words):
                    done = program.run(*words, "--dry-run", input="kept-here")
                    self.assertEqual((done.status, done.stdout), (0, ""), done.stderr)
                    self.assertIn(f"> GET {issuer}/.well-known/openid-configuration\n", done.stderr)
                    self.assertIn(f"> POST {issuer}/stand-in/token_endpoint\n", done.stderr)
                    self.assertIn(shown.decode(), done.stderr)
                    self.assertIn("stands for it", done.stderr)
            self.assertEqual(list(program.state_home.iterdir()), [])
            done = program.run("discover", "--issuer", issuer, "--dry-run")
            self.assertEqual((done.status, done.stdout), (0, ""), done.stderr)
            done = program.run("client-credentials", *server, "--client-auth", "none", "--dry-run")
            self.assertEqual(done.status, 2, "a contradiction stays one")

    def test_dry_run_reads_no_secret_of_the_client_that_it_can_do_without(self):
        server = ["--token-endpoint", "https://as.example/token", "--client-id", "app"]
        with Program() as program:
            program.file("config/oauth-token/config.toml", "[profiles.work]\nclient-secret-in-keyring = true\n")
            secret = program.file("secret", "from-a-file\n")
            assertion = program.file("assertion", "e30.eyJzdWIiOiJhcHAifQ.sig\n")
            key = program.file("key.pem", subprocess.run(
                ["openssl", "genpkey", "-algorithm", "ED25519"], check=True, capture_output=True).stdout.decode())
            for words, shown, stands_in in (
                    (["--client-secret-file", secret], "Authorization: Basic", False),
                    (["--client-secret-command", "echo from-a-command"], "Authorization: Basic", False),
                    (["work"], "Authorization: Basic", True),
                    (["--client-auth", "client_secret_post", "--client-secret-file", secret], "client_secret: (11 bytes)", False),
                    (["--client-auth", "client_secret_jwt", "--client-secret-command", "printf %32s x"], "client_assertion: (",
                     False),
                    (["--client-assertion-file", assertion], "client_assertion: (26 bytes)", False),
                    (["--client-assertion-command", "echo e30.eyJzdWIiOiJhcHAifQ.sig"], "client_assertion: (26 bytes)", False),
                    (["--signing-key", key], "client_assertion: (", False)):
                with self.subTest(words):
                    done = program.run("client-credentials", *server, *words, "--dry-run")
                    self.assertEqual((done.status, done.stdout), (0, ""), done.stderr)
                    self.assertIn(shown, done.stderr)
                    self.assertEqual("The client secret was not read" in done.stderr, stands_in, done.stderr)

    def test_with_json_what_is_shown_is_json_lines(self):
        done = self.run_with(token(), "-v", "-o", "json")
        self.assertTrue(all("trace" in json.loads(line) for line in done.stderr.splitlines()))
        self.assertEqual(len(done.stderr.splitlines()), 2)


if __name__ == "__main__":
    unittest.main()
