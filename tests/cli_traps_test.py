"""Traps that other clients fell into, and that no other test of ours is about."""

import base64
import json
import os
import signal
import unittest
import urllib.parse

from fault_server import FaultServer, answering, response
from program import Program

JSON = [("Content-Type", "application/json")]
AWKWARD = "s3cr%t:+/& =é"


def token(number, **members):
    return response(json.dumps({"access_token": f"at-{number}", "token_type": "Bearer", **members}).encode(), headers=JSON)


def in_turn(*answers):
    """One answer after another, whatever the connection."""
    left = list(answers)

    def behave(connection):
        while connection.read_request():
            connection.send(left.pop(0))
    return behave


def form(request):
    return dict(urllib.parse.parse_qsl(request.body.decode()))


class TrapTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.program = Program({"OAUTH_TOKEN_STORE_KEY": "base64:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="})
        self.addCleanup(self.program.close)

    def run_ok(self, *words, **keywords):
        done = self.program.run(*words, **keywords)
        self.assertEqual(done.status, 0, done.stderr)
        return done.stdout

    def sign_in(self, server, *words, password="secret"):
        return self.run_ok("password", "--token-endpoint", server.url(), "--username", "alice", "--store", "file",
                           "--password-stdin", *words, input=password)

    def test_signing_in_and_renewing_authenticate_and_read_the_answer_alike(self):
        secret = self.program.file("secret", AWKWARD)
        quoted = urllib.parse.quote(AWKWARD, safe="-._~")
        basic = ["--client-id", "a p:p", "--client-secret-file", secret]
        table = {"form": (basic, "Basic " + base64.b64encode(f"a%20p%3Ap:{quoted}".encode()).decode(), None),
                 "raw": (["--client-id", "app", *basic[2:], "--basic-encoding", "raw"],
                         "Basic " + base64.b64encode(f"app:{AWKWARD}".encode()).decode(), None),
                 "post": ([*basic, "--client-auth", "client_secret_post"], None, AWKWARD)}
        answers = [token(number, expires_in="1", refresh_token=f"rt+{number} &=%") for number in range(3)]
        for name, (words, header, in_body) in table.items():
            with self.subTest(name), FaultServer(in_turn(*answers)) as server:
                self.sign_in(server, "--session", name, *words)
                self.run_ok("refresh", name)
                kept = self.program.file("rt", "rt+1 &=%\n")
                answer = json.loads(self.run_ok("refresh", "--token-endpoint", server.url(), *words, "-o", "json",
                                                "--refresh-token-file", kept, "--write-refresh-token", kept))
                self.assertEqual(answer["access_token"], "at-2")
                self.assertLessEqual(answer["expires_in"], 1, "expires_in as a text is a number")
                for request in server.requests:
                    self.assertEqual(request.header("Authorization"), [header] if header else [])
                    self.assertEqual(form(request).get("client_secret"), in_body)
                self.assertEqual([form(request).get("refresh_token") for request in server.requests],
                                 [None, "rt+0 &=%", "rt+1 &=%"])
                self.assertNotIn(b"+", b"".join(request.body for request in server.requests))

    def test_a_repetition_reads_its_own_answer_only(self):
        busy = response(b"<html>busy" + b"!" * 5000 + b"</html>", 503, [("Retry-After", "1"), ("Content-Type", "text/html")])
        with FaultServer(in_turn(token(0, refresh_token="rt"), busy, token(1))) as server:
            self.sign_in(server)
            self.assertEqual(self.run_ok("refresh", "--wait", "30"), "at-1\n")
            self.assertEqual(len(server.requests), 3)

    def test_the_password_is_kept_nowhere_on_disk(self):
        password = "Pa55word-canary"
        with FaultServer(in_turn(token(0, refresh_token="rt-canary"))) as server:
            self.sign_in(server, password=password)
        quoted = base64.b64encode(password.encode()).rstrip(b"=")[:-1]
        for folder, _, files in os.walk(self.program.home):
            for name in files:
                with open(os.path.join(folder, name), "rb") as file:
                    text = file.read()
                for canary in (password.encode(), quoted, b"rt-canary", b"at-0"):
                    self.assertNotIn(canary, text, name)

    def test_nobody_waits_for_a_person_at_another_ones_prompt(self):
        with FaultServer(in_turn(*(token(number, refresh_token=f"rt-{number}") for number in range(3)))) as server:
            self.sign_in(server)
            words = ["password", "--token-endpoint", server.url(), "--username", "alice", "--store", "file"]
            with self.program.terminal(*words) as terminal:
                terminal.wait_for("Password for alice")
                self.assertEqual(self.run_ok("refresh", timeout=20), "at-1\n")
                terminal.type("secret\n")
                terminal.wait_for("Signed in as alice")
                self.assertEqual(terminal.wait(), 0)
            self.assertEqual(self.run_ok("token"), "at-2\n")

    def test_one_scope_never_gets_the_token_of_another(self):
        with FaultServer(in_turn(token(0, scope="read"), token(1, scope="write"))) as server:
            self.sign_in(server, "--scope", "read", "--session", "reading")
            self.sign_in(server, "--scope", "write", "--session", "writing")
        self.assertEqual(self.run_ok("token", "reading", "--scope", "read"), "at-0\n")
        self.assertEqual(self.run_ok("token", "writing"), "at-1\n")
        done = self.program.run("token", "reading", "--scope", "write")
        self.assertEqual((done.status, done.stdout), (2, ""))

    def test_an_empty_password_is_status_2_from_every_place(self):
        empty = self.program.file("empty", "\n")
        with FaultServer(answering(token(0))) as server:
            words = ["password", "--token-endpoint", server.url(), "--username", "alice", "--store", "none"]
            for more, environment in ((["--password-stdin"], {}), (["--password-file", empty], {}),
                                      (["--password-command", "echo"], {}), (["--askpass", "true"], {}),
                                      ([], {"OAUTH_TOKEN_PASSWORD": ""})):
                with self.subTest(more, environment=environment):
                    done = self.program.run(*words, *more, environment=environment)
                    self.assertEqual((done.status, done.stdout, server.requests), (2, "", []), done.stderr)
                    self.assertIn("is empty", done.stderr)

    def test_a_command_that_fails_is_named_by_its_option(self):
        words = ["password", "--token-endpoint", "http://127.0.0.1:1/", "--client-id", "c", "--username", "alice", "--store",
                 "none"]
        for option, more in (("password-command", []), ("client-secret-command", ["--password-stdin"]),
                             ("client-assertion-command", ["--password-stdin"])):
            with self.subTest(option):
                done = self.program.run(*words, f"--{option}", "exit 3", *more, input="secret")
                self.assertEqual((done.status, done.stdout), (2, ""), done.stderr)
                self.assertIn(f"{option}: The command ended with status 3.", done.stderr)

    def test_a_timeout_is_told_as_one(self):
        with FaultServer(lambda connection: connection.wait()) as server:
            done = self.program.run("password", "--token-endpoint", server.url(), "--username", "alice", "--store", "none",
                                    "--password-stdin", "--timeout", "0.3", "-o", "json", input="secret")
        error = json.loads(done.stderr)
        self.assertEqual((done.status, done.stdout, error["class"], error["sent"], error["retry_safe"]),
                         (7, "", "timeout", "maybe", False))
        self.assertIn("The password may have arrived and counts as an attempt then.", error["message"])
        self.assertIn("--timeout SECONDS", error["hint"])
        done = self.program.run("password", "--token-endpoint", "http://127.0.0.1:1/", "--username", "alice", "--store",
                                "none", "--password-stdin", input="secret")
        self.assertEqual(done.status, 7)
        self.assertNotIn("may have arrived", done.stderr)

    def test_a_password_file_that_others_can_read_is_a_warning(self):
        with FaultServer(answering(token(0))) as server:
            words = ["password", "--token-endpoint", server.url(), "--username", "alice", "--store", "none", "--password-file"]
            for mode, warns in ((0o600, False), (0o640, True), (0o604, True)):
                done = self.program.run(*words, self.program.file("password", "secret", mode))
                self.assertEqual(done.status, 0, done.stderr)
                self.assertEqual("holds the password, and other users can read it: chmod 600 mends that." in done.stderr,
                                 warns, done.stderr)

    def test_a_client_secret_file_that_others_can_read_is_one_warning(self):
        with FaultServer(in_turn(*(token(number, refresh_token=f"rt-{number}") for number in range(6)))) as server:
            for mode, expected in ((0o600, 0), (0o644, 1)):
                words = ["--client-id", "c", "--client-secret-file", self.program.file("secret", "s", mode)]
                sign_in = ["password", "--token-endpoint", server.url(), "--username", "alice", "--password-stdin", *words]
                for run in ([*sign_in, "--store", "none"], [*sign_in, "--store", "file"], ["refresh"]):
                    done = self.program.run(*run, input="secret")
                    self.assertEqual(done.status, 0, done.stderr)
                    self.assertEqual(done.stderr.count("holds the client secret, and other users can read it: chmod 600 mends "
                                                       "that."), expected, done.stderr)

    def test_an_endpoint_that_a_session_has_not_is_named_at_the_next_sign_in(self):
        with FaultServer(in_turn(token(0, refresh_token="rt"))) as server:
            self.sign_in(server, "--session", "g")
            for command, way in (("revoke", '--revocation-endpoint URL (or the issuer), or "oauth-token forget g".'),
                                 ("introspect", "--introspection-endpoint URL (or the issuer).")):
                done = self.program.run(command, "g")
                self.assertEqual((done.status, done.stdout), (2, ""), done.stderr)
                self.assertIn(f"endpoint of the server is not known.\n  Sign in again with {way}\n", done.stderr)

    def test_a_full_disk_or_a_reader_that_went_away_kills_nobody_and_costs_no_session(self):
        reading, without_reader = os.pipe()
        os.close(reading)
        with open("/dev/full", "wb") as full, open(without_reader, "wb") as pipe, \
                FaultServer(in_turn(*(token(number, refresh_token=f"rt-{number}") for number in range(4)))) as server:
            sign_in = ["password", "--token-endpoint", server.url(), "--username", "alice", "--store", "file", "--replace",
                       "--password-stdin"]
            for number, (words, out, reason) in enumerate((
                    (sign_in, full, "No space left on device"), (["refresh"], full, "No space left on device"),
                    (sign_in, pipe, "Broken pipe"), (["refresh"], pipe, "Broken pipe"))):
                with self.subTest(words[0], reason=reason):
                    done = self.program.run(*words, "-o", "json", stdout=out, input="secret",
                                            preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL))
                    self.assertEqual(done.status, 10, done.stderr)
                    error = json.loads(done.stderr)
                    self.assertEqual((error["class"], error["exit_status"], error["sent"]), ("output", 10, "yes"))
                    self.assertIn(reason, error["message"])
                    self.assertEqual(error["hint"], "See where standard output goes. The session is kept.")
                    self.assertEqual(self.run_ok("token"), f"at-{number}\n")
            done = self.program.run("token", "-o", "json", "--field", "nope")
            self.assertEqual((done.status, json.loads(done.stderr)["sent"], len(server.requests)), (8, "no", 4), done.stderr)


if __name__ == "__main__":
    unittest.main()
