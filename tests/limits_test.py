"""Limits of the system that leave the program too little: it says so in time, loses nothing and leaves nobody waiting."""

import json
import os
import resource
import unittest

from fault_server import FaultServer, response
from ordinary_user import InstalledProgramCase, OrdinaryUser
from secret_service import SecretService

JSON = [("Content-Type", "application/json")]
PASSWORD = "pass-word"
# Limits of processes count all that a user runs anywhere on the machine.
USER = 61000 + os.getpid() % 3000


class Server(FaultServer):
    """Each refresh token is good for one renewal."""

    def __init__(self):
        super().__init__(self._behave)
        self.number = 0

    def _behave(self, connection):
        while request := connection.read_request():
            if b"grant_type=refresh_token" in request.body and f"refresh_token=rt-{self.number}".encode() not in request.body:
                connection.send(response(b'{"error": "invalid_grant"}', 400, JSON))
                continue
            self.number += 1
            token = {"access_token": f"at-{self.number}", "token_type": "Bearer", "refresh_token": f"rt-{self.number}",
                     "expires_in": 3600}
            connection.send(response(json.dumps(token).encode(), headers=JSON))


def limited(which, value):
    """For subprocess: what begins with these limits."""
    return {"preexec_fn": lambda: resource.setrlimit(which, (value, value))}


class LimitsTest(InstalledProgramCase):
    def setUp(self):
        self.program = OrdinaryUser(self.path, USER)
        self.addCleanup(self.program.close)
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.program.file("password", PASSWORD)
        self.program.own(self.program.home, USER)

    def sign_in(self, session="default", store="file", **options):
        return self.program.run("password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username", "alice",
                                "--store", store, "--session", session, "--password-file",
                                str(self.program.home / "password"), **options)

    def run_ok(self, *words, **options):
        done = self.program.run(*words, **options)
        self.assertEqual(done.status, 0, done.stderr)
        return done.stdout

    def test_the_session_survives_a_limit_of_the_size_of_files(self):
        self.assertEqual(self.sign_in().status, 0)
        for size in (0, 10, 100, 400):
            with self.subTest(size):
                done = self.program.run("refresh", **limited(resource.RLIMIT_FSIZE, size))
                self.assertNotIn(done.status, (1, -25), "a signal or a defect")
                if done.status:
                    self.assertIn("File too large", done.stderr)
                    self.assertIn("ulimit -f", done.stderr)
                self.assertEqual(self.run_ok("refresh"), f"at-{self.server.number}\n")

    def test_a_limit_of_the_size_of_files_leaves_the_configuration_as_it_was(self):
        self.run_ok("profile", "set", "work", "--issuer", "https://as.example", "--client-id", "app")
        file = self.program.config_home / "oauth-token/config.toml"
        before = file.read_text()
        done = self.program.run("profile", "set", "work", "--client-id", "other", **limited(resource.RLIMIT_FSIZE, 10))
        self.assertEqual((done.status, done.stdout), (2, ""))
        self.assertIn("File too large", done.stderr)
        self.assertEqual((file.read_text(), os.listdir(file.parent)), (before, ["config.toml"]))

    def test_any_number_of_open_files_that_is_too_small_is_named_and_sends_no_password_twice(self):
        enough = 0
        for number in range(5, 40):
            asked = len(self.server.requests)
            done = self.sign_in(f"s{number}", **limited(resource.RLIMIT_NOFILE, number))
            with self.subTest(number, status=done.status):
                self.assertLessEqual(len(self.server.requests) - asked, 1)
                if done.status == 0:
                    enough += 1
                else:
                    self.assertIn(done.status, (2, 7, 10), done.stderr)
                    self.assertRegex(done.stderr, "(?i)too many (open )?files")
                    self.assertIn("ulimit -n", done.stderr)
            if enough == 3:
                return
        self.fail("forty open files are too few")

    def test_without_another_thread_what_needs_none_goes_on(self):
        none = limited(resource.RLIMIT_NPROC, 1)
        done = self.sign_in(**none)
        self.assertEqual((done.status, done.stdout, done.stderr), (0, "at-1\n", ""))
        for words in (["list"], ["show"], ["profile", "list"], ["discover", "--dry-run", "--issuer", "https://as.example"],
                      ["forget"]):
            with self.subTest(words):
                self.run_ok(*words, **none)

    def test_without_another_thread_what_needs_one_says_so_and_sends_nothing(self):
        none = limited(resource.RLIMIT_NPROC, 1)
        self.assertEqual(self.sign_in().status, 0)
        before = len(self.server.requests)
        for words in (["refresh"], ["token", "--min-valid", "7200"], ["doctor"], ["exec", "--min-valid", "7200", "--", "true"]):
            with self.subTest(words):
                done = self.program.run(*words, **none)
                self.assertEqual((done.status, done.stdout), (125 if words[0] == "exec" else 1, ""))
                self.assertIn("No thread can be started", done.stderr)
                self.assertIn("ulimit -u", done.stderr)
        self.assertEqual(len(self.server.requests), before)
        self.assertEqual(self.run_ok("refresh"), "at-2\n")

    def test_a_name_that_no_thread_could_look_up_is_not_called_wrong(self):
        done = self.program.run("discover", "--issuer", "https://as.example", **limited(resource.RLIMIT_NPROC, 1))
        self.assertEqual((done.status, done.stdout), (7, ""))
        self.assertIn("No thread can be started that looks up the name as.example", done.stderr)
        self.assertIn("ulimit -u", done.stderr)

    def test_a_batch_without_another_thread_ends_and_names_each_user(self):
        done = self.program.run("batch", "--token-endpoint", self.server.url(), "--client-id", "app",
                                input="username,password\nalice,a\nbob,b\n", timeout=20, **limited(resource.RLIMIT_NPROC, 1))
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([(line["username"], line["class"], line["sent"]) for line in lines],
                         [("alice", "internal", "no"), ("bob", "internal", "no")], done.stderr)
        self.assertEqual((done.status, self.server.requests), (1, []))

    def test_a_keyring_without_another_thread_is_an_error_and_no_abort(self):
        with SecretService() as keyring:
            done = self.sign_in(store="keyring", environment=keyring.environment(), **limited(resource.RLIMIT_NPROC, 1))
        self.assertEqual((done.status, done.stdout, self.server.requests), (1, "", []), done.stderr)
        self.assertIn("No thread can be started", done.stderr)

    def test_memory_that_is_too_little_is_named_and_sends_no_password_twice(self):
        for size in (16, 24, 32, 40, 48, 64, 128):
            asked = len(self.server.requests)
            done = self.sign_in(f"m{size}", **limited(resource.RLIMIT_AS, size << 20))
            with self.subTest(size, status=done.status):
                self.assertLessEqual(len(self.server.requests) - asked, 1)
                if done.status != 127:  # the system's loader itself had too little
                    self.assertIn(done.status, (0, 1), done.stderr)
                    self.assertEqual("ulimit -v" in done.stderr, done.status == 1, done.stderr)
                self.assertEqual(done.status == 0, done.stderr == "")
        self.assertEqual(done.status, 0)

    def test_memory_that_cannot_be_locked_is_no_obstacle(self):
        done = self.sign_in(**limited(resource.RLIMIT_MEMLOCK, 0))
        self.assertEqual((done.status, done.stdout, done.stderr), (0, "at-1\n", ""))
        self.assertEqual(self.run_ok("refresh", **limited(resource.RLIMIT_MEMLOCK, 0)), "at-2\n")


if __name__ == "__main__":
    unittest.main()
