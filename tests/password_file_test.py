"""What a password file can be, other than a file with a password and a newline."""

import json
import os
import threading
import unittest
import urllib.parse

from fault_server import FaultServer, answering, response
from program import Program

TOKEN = response(json.dumps({"access_token": "at-1", "token_type": "Bearer"}).encode(),
                 headers=[("Content-Type", "application/json")])
LIMIT = 64 * 1024


class PasswordFileTest(unittest.TestCase):
    def setUp(self):
        self.program = Program()
        self.addCleanup(self.program.close)
        self.server = FaultServer(answering(TOKEN))
        self.addCleanup(self.server.stop)

    def run_with(self, path, **options):
        return self.program.run("password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username", "alice",
                                "--store", "none", "--password-file", str(path), **options)

    def sent(self):
        form = dict(pair.split(b"=") for pair in self.server.requests[-1].body.split(b"&"))
        return urllib.parse.unquote_to_bytes(form[b"password"])

    def test_one_newline_is_no_part_of_it_and_all_else_is(self):
        table = {b"word": b"word", b"word\n": b"word", b"word\r\n": b"word", b"word\n\n": b"word\n", b"word\r": b"word\r",
                 b"two\nlines\n": b"two\nlines", b" word \n": b" word ", b"\x1b[31m\x07\n": b"\x1b[31m\x07",
                 b"p\xe4ss\n": b"p\xe4ss", b"=&%+;\n": b"=&%+;", b"a" * LIMIT + b"\n": b"a" * LIMIT,
                 b"a" * LIMIT: b"a" * LIMIT}
        for content, password in table.items():
            with self.subTest(content[:20]):
                done = self.run_with(self.program.file("password", content))
                self.assertEqual((done.status, done.stdout), (0, "at-1\n"), done.stderr)
                self.assertEqual(self.sent(), password)

    def test_what_can_be_no_password_is_refused_and_sent_nowhere(self):
        huge = self.program.home / "huge"
        with open(huge, "wb") as sparse:
            sparse.truncate(1 << 40)
        file = self.program.file
        table = {file("empty", b""): "is empty", file("newline", b"\n"): "is empty", file("crlf", b"\r\n"): "is empty",
                 file("nul", b"a\0b\n"): "NUL byte", file("last", b"word\0"): "NUL byte",
                 file("utf-16", "word\n".encode("utf-16")): "NUL byte", file("long", b"a" * (LIMIT + 1)): "more than 64 KiB",
                 huge: "more than 64 KiB", self.program.home: "is a folder", self.program.home / "none": "does not exist",
                 "/dev/null": "is empty", "/dev/zero": "more than 64 KiB", file("file", b"word") + "/below": "does not exist"}
        for path, reason in table.items():
            with self.subTest(path):
                done = self.run_with(path)
                self.assertEqual((done.status, done.stdout), (2, ""), done.stderr)
                self.assertIn(reason, done.stderr)
        self.assertEqual(self.server.requests, [])

    def test_standard_input_by_any_of_its_names_and_a_fifo_are_files_too(self):
        for name in ("/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"):
            with self.subTest(name):
                done = self.run_with(name, input=b"from a pipe\n")
                self.assertEqual((done.status, self.sent()), (0, b"from a pipe"), done.stderr)
        fifo = self.program.home / "fifo"
        os.mkfifo(fifo, 0o600)

        def write():
            with open(fifo, "wb") as writer:
                writer.write(b"from a fifo\n")

        writing = threading.Thread(target=write)
        writing.start()
        self.addCleanup(writing.join)
        done = self.run_with(fifo)
        self.assertEqual((done.status, self.sent()), (0, b"from a fifo"), done.stderr)

    def test_a_byte_order_mark_is_sent_but_not_without_a_warning(self):
        done = self.run_with(self.program.file("password", "\ufeffword\n"))
        self.assertEqual((done.status, self.sent()), (0, "\ufeffword".encode()))
        self.assertIn("begins with a byte order mark", done.stderr)
        self.assertNotIn("word", done.stderr.replace("password", ""))


if __name__ == "__main__":
    unittest.main()
