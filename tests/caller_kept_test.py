"""Refresh tokens that the caller keeps: signals, a full disk and broken answers cost none."""

import json
import os
import pathlib
import resource
import signal
import threading
import time
import unittest

from fault_server import FaultServer, answering_once, response
from program import Program

JSON = [("Content-Type", "application/json")]
BROKEN = response(b'{"access_token":"at-2","refresh_token":"rt-2"}', headers=JSON)  # no token_type


def issued(number):
    return response(b'{"access_token":"at-%d","token_type":"Bearer","refresh_token":"rt-%d"}' % (number, number), headers=JSON)


class HeldAnswer:
    """A server's behaviour: it has the request, and answers when it is told to."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = threading.Event()
        self.go = threading.Event()

    def __call__(self, connection):
        if connection.read_request():
            self.asked.set()
            self.go.wait()
            connection.send(self.answer)


class CallerKeptTest(unittest.TestCase):
    def setUp(self):
        self.program = Program()
        self.addCleanup(self.program.close)
        self.kept = pathlib.Path(self.program.file("rt", "rt-1\n"))

    def words(self, server, *more):
        return ["refresh", "--token-endpoint", server.url(), "--client-id", "c", "--refresh-token-file", str(self.kept), *more]

    def in_place(self, server):
        return self.words(server, "--write-refresh-token", str(self.kept), "--timeout", "20")


class SignalTest(CallerKeptTest):
    def send(self, process, number):
        """Returns when the signal has reached its handler, or ended the process."""
        process.send_signal(number)
        bit = 1 << (number - 1)
        while process.poll() is None:
            lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
            pending = [int(line.split()[1], 16) for line in lines if line.startswith(("SigPnd:", "ShdPnd:"))]
            if not any(mask & bit for mask in pending):
                return
            time.sleep(0.01)

    def renew_under(self, *signals, then=()):
        """Sends the signals while the answer is awaited; the exit status and what was printed, and with behaviours in
        `then` what became of one more run at the same server, that is the same journal."""
        held = HeldAnswer(issued(2))
        with FaultServer(held, *then) as server:
            process = self.program.start(*self.in_place(server))
            try:
                self.assertTrue(held.asked.wait(60))
                for position, number in enumerate(signals):
                    self.send(process, number)
                    if position == 0:
                        self.assertIn(b"finishing the renewal", process.stderr.readline())
                held.go.set()
                out, _ = process.communicate(timeout=60)
            finally:
                held.go.set()
                process.kill()
                process.wait()
            return (process.returncode, out, *(self.program.run(*self.in_place(server)) for _ in then))

    def test_a_signal_is_held_back_until_the_new_refresh_token_is_in_its_place(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                self.kept.write_text("rt-1\n")
                self.assertEqual(self.renew_under(number)[0], -number)
                self.assertEqual(self.kept.read_text(), "rt-2\n")

    def test_a_second_hangup_or_end_does_not_cut_the_renewal_short(self):
        for number in (signal.SIGHUP, signal.SIGTERM):
            with self.subTest(number):
                self.kept.write_text("rt-1\n")
                self.assertEqual(self.renew_under(signal.SIGHUP, number)[0], -signal.SIGHUP)
                self.assertEqual(self.kept.read_text(), "rt-2\n")

    def test_a_second_interrupt_ends_it_and_the_next_run_says_that_a_renewal_had_begun(self):
        refused = answering_once(response(b'{"error":"invalid_grant"}', 400, JSON))
        status, out, done = self.renew_under(signal.SIGINT, signal.SIGINT, then=[refused])
        self.assertEqual((status, out), (-signal.SIGINT, b""))
        self.assertEqual(self.kept.read_text(), "rt-1\n")
        self.assertEqual((done.status, done.stdout), (4, ""))
        self.assertIn("A renewal that began at ", done.stderr)


class PlaceTest(CallerKeptTest):
    def test_a_full_disk_is_found_before_anything_is_sent(self):
        def full():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))

        with FaultServer(answering_once(issued(2))) as server:
            done = self.program.run(*self.in_place(server), preexec_fn=full)
            self.assertEqual((done.status, done.stdout, server.connections), (2, "", 0), done.stderr)
        self.assertIn(f"No file can be written beside {self.kept}: ", done.stderr)
        self.assertIn("nothing was sent", done.stderr)
        self.assertEqual(self.kept.read_text(), "rt-1\n")
        self.assertEqual([path.name for path in self.program.home.glob("rt*")], ["rt"])

    def test_what_is_no_regular_file_is_neither_replaced_nor_found_out_about_after_the_request(self):
        pipe = self.program.home / "pipe"
        os.mkfifo(pipe)
        folder = self.program.home / "folder"
        folder.mkdir()
        with FaultServer(answering_once(issued(2))) as server:
            for place in (pipe, folder):
                done = self.program.run(*self.words(server, "--write-refresh-token", str(place)))
                self.assertEqual((done.status, done.stdout, server.connections), (2, "", 0), done.stderr)
                self.assertIn(f"--write-refresh-token: {place} is no regular file; nothing was sent.", done.stderr)
        self.assertTrue(pipe.is_fifo())

    def test_what_standard_output_cannot_show_beside_an_error_is_kept_and_used_by_the_next_run(self):
        with FaultServer(answering_once(BROKEN), answering_once(issued(3))) as server:
            words = self.words(server, "-o", "json", "--show-refresh-token")
            broken = self.program.run(*words)
            self.assertEqual((broken.status, broken.stdout), (8, ""))
            message = json.loads(broken.stderr.splitlines()[-1])["message"]
            self.assertIn("The refresh token in it is kept in ", message)
            self.assertNotIn("rt-2", broken.stderr)
            done = self.program.run(*words)
            self.assertEqual(done.status, 0, done.stderr)
            self.assertEqual(json.loads(done.stdout)["refresh_token"], "rt-3")
            self.assertIn(b"refresh_token=rt-2", server.requests[-1].body)


    def test_a_new_refresh_token_that_standard_output_did_not_take_is_kept_and_printed_by_the_next_run(self):
        with FaultServer(answering_once(issued(2))) as server:
            words = self.words(server, "-o", "json", "--show-refresh-token")
            with open("/dev/full", "wb") as full:
                lost = self.program.run(*words, stdout=full)
            error = json.loads(lost.stderr)
            self.assertEqual((lost.status, error["class"]), (10, "output"))
            kept = next(pathlib.Path(word.rstrip(":")) for word in error["hint"].split() if word.startswith("/"))
            self.assertNotIn(b"rt-2", kept.read_bytes())
            done = self.program.run(*words)
            self.assertEqual((done.status, server.connections), (0, 1), done.stderr)
            printed = json.loads(done.stdout)
            self.assertEqual((printed["access_token"], printed["refresh_token"]), ("at-2", "rt-2"))
            self.assertEqual(list(kept.parent.iterdir()), [])

    def test_standard_output_is_no_place_where_a_field_leaves_the_new_refresh_token_out(self):
        with FaultServer(answering_once(issued(2))) as server:
            words = self.words(server, "-o", "json", "--show-refresh-token", "--field")
            refused = self.program.run(*words, "access_token")
            self.assertEqual((refused.status, refused.stdout, server.connections), (2, "", 0), refused.stderr)
            done = self.program.run(*words, "refresh_token")
            self.assertEqual((done.status, done.stdout), (0, "rt-2\n"), done.stderr)


class ClientSecretTest(CallerKeptTest):
    def test_an_empty_client_secret_is_sent_only_from_a_file_that_was_named_for_it(self):
        empty = self.program.file("empty", "")
        with FaultServer(answering_once(issued(2)), answering_once(issued(2))) as server:
            common = ["client-credentials", "--token-endpoint", server.url(), "--client-id", "cf"]
            done = self.program.run(*common, "--client-secret-command", "true")
            self.assertEqual((done.status, done.stdout, server.connections), (2, "", 0), done.stderr)
            self.assertIn("The client secret is empty.", done.stderr)
            done = self.program.run(*common, "--client-secret-file", empty)
            self.assertEqual(done.status, 0, done.stderr)
            self.assertEqual(server.requests[0].header("Authorization"), ["Basic Y2Y6"])  # cf:

    def test_an_empty_client_secret_for_one_run_does_not_stand_for_the_one_of_the_session(self):
        empty = self.program.file("empty", "")
        secret = self.program.file("secret", "s3cret")
        store = {"OAUTH_TOKEN_STORE_KEY": "passphrase:correct horse"}
        with FaultServer(answering_once(issued(1))) as server:
            done = self.program.run("password", "--token-endpoint", server.url(), "--client-id", "c", "--username", "alice",
                                    "--password-stdin", "--client-secret-file", secret, "--store", "file",
                                    input="pw", environment=store)
            self.assertEqual(done.status, 0, done.stderr)
            done = self.program.run("refresh", "--client-secret-file", empty, environment=store)
            self.assertEqual((done.status, done.stdout, server.connections), (2, "", 1), done.stderr)
            self.assertIn("The client secret is empty.", done.stderr)


if __name__ == "__main__":
    unittest.main()
