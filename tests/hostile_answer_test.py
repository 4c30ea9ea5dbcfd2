"""Servers that answer a password request in every wrong way: the right class and exit status, one request, no control character
on the terminal, no file and no process left over.
"""

import pathlib
import unittest

from fault_server import FaultServer
from hostile_answers import BODIES, ENDS, FRAMES, ISSUED, SLOW, HostileCase


class PasswordTest(HostileCase):
    def password(self, cases, *more):
        """Each case once for a person and once for a program; a password is one request."""
        for name, (behave, expected) in cases.items():
            for words, check in (("-v",), self.check_output), (("-o", "json"), self.check_json):
                with self.subTest(name, words=words), FaultServer(behave) as server:
                    files = sorted(pathlib.Path(self.program.home).rglob("*"))
                    check(expected, *self.run_to_the_end(
                        "password", "--token-endpoint", server.url(), "--client-id", "app", "--username", "alice",
                        "--store", "none", "--password-stdin", *words, *more, input=b"secret"))
                    self.assertLessEqual(len(server.requests), 1)
                    self.assertEqual(server.connections, 1)
                    self.assertEqual(sorted(pathlib.Path(self.program.home).rglob("*")), files)

    def test_connections_that_end(self):
        self.password(ENDS)

    def test_answers_that_take_too_long(self):
        self.password(SLOW, "--timeout", "1")

    def test_answers_that_break_http(self):
        self.password(FRAMES)

    def test_bodies_that_break_oauth(self):
        self.password(BODIES)

    def test_what_was_issued_is_shown_nowhere(self):
        for name, (behave, status) in ISSUED.items():
            for words in (), ("-v",), ("-o", "json"), ("-o", "json", "-v"):
                with self.subTest(name, words=words), FaultServer(behave) as server:
                    done = self.program.run("password", "--token-endpoint", server.url(), "--client-id", "app", "--username",
                                            "alice", "--store", "none", "--password-stdin", *words, input="secret")
                    self.assertEqual(done.status, status, done.stderr)
                    self.assertNotIn("SECRET", done.stderr + (done.stdout if status else ""))
            with self.subTest(name, words="batch"), FaultServer(behave) as server:
                done = self.program.run("batch", "--token-endpoint", server.url(), "--client-id", "app",
                                        input="username,password\nalice,secret\n")
                self.assertNotIn("SECRET", done.stderr + (done.stdout if status else ""))

    def test_what_a_person_reads(self):
        for name, sentence in {
                "a gzip bomb": "The answer is compressed, which nobody asked for (HTTP 200 from http://127.0.0.1:",
                "10 MiB": "The server's answer is larger than 1 MiB (from http://127.0.0.1:",
                "a mebibyte of description": "x1b... (170005 bytes in all)",
                "an escape sequence in the reason": "The server's answer is not HTTP/1.1: bad reason (from http://127.0.0.1:"}.items():
            with self.subTest(name), FaultServer({**FRAMES, **BODIES}[name][0]) as server:
                done = self.program.run("password", "--token-endpoint", server.url(), "--client-id", "app", "--username",
                                        "alice", "--store", "none", "--password-stdin", input="secret")
                self.assertIn(sentence, done.stderr)


if __name__ == "__main__":
    unittest.main()
