"""batch: many users' tokens in one run, against a server on loopback that counts."""

import fcntl
import json
import os
import pty
import signal
import subprocess
import termios
import threading
import time
import unittest

import memory_scan
from fault_server import FaultServer, response
from full_pipe import FullPipe
from program import Program
from rotating_server import RotatingServer

JSON = [("Content-Type", "application/json")]


def users(count, password="secret-{}"):
    return "username,password\n" + "".join(f"user{number},{password.format(number)}\n" for number in range(count))


class Issuer:
    """Issues a token for each password that begins with "secret", and knows how many it was asked for at once."""

    def __init__(self, answer=None):
        self.answer = answer or (lambda form: None)
        self.gate = threading.Event()
        self.gate.set()
        self.lock = threading.Lock()
        self.forms, self.times = [], []
        self.here = self.most = 0

    def __call__(self, connection):
        while request := connection.read_request():
            form = RotatingServer.form(request)
            with self.lock:
                self.forms.append(form)
                self.times.append(time.monotonic())
                self.here += 1
                self.most = max(self.most, self.here)
            self.gate.wait(60)
            with self.lock:
                self.here -= 1
            connection.send(self.answer(form) or self.usual(form))

    @staticmethod
    def usual(form):
        if not form["password"].startswith("secret"):
            return response(json.dumps({"error": "invalid_grant", "error_description": "no"}).encode(), 400, JSON)
        return response(json.dumps({"access_token": "at-" + form["username"], "token_type": "Bearer", "scope": "read",
                                    "expires_in": 600, "refresh_token": "rt", "n": 1}).encode(), 200, JSON)


class BatchTest(unittest.TestCase):
    def serve(self, answer=None):
        self.issuer = Issuer(answer)
        self.server = FaultServer(self.issuer)
        self.addCleanup(self.server.stop)
        self.addCleanup(self.issuer.gate.set)
        self.program = Program()
        self.addCleanup(self.program.close)
        self.words = ["batch", "--token-endpoint", self.server.url(), "--client-id", "app"]

    def batch(self, text, *words, **options):
        done = self.program.run(*self.words, *words, input=text, **options)
        return done, sorted((json.loads(line) for line in done.stdout.splitlines()), key=lambda line: line["index"])

    def test_each_user_is_asked_for_once_and_reported_once(self):
        self.serve()
        done, lines = self.batch(users(300), "--jobs", "20", "--scope", "read")
        self.assertEqual(done.status, 0, done.stderr)
        self.assertEqual([line["index"] for line in lines], list(range(300)))
        self.assertEqual([line["access_token"] for line in lines], [f"at-user{number}" for number in range(300)])
        self.assertEqual(sorted(form["username"] for form in self.issuer.forms), sorted(f"user{number}" for number in range(300)))
        self.assertTrue(all(form["scope"] == "read" and form["grant_type"] == "password" for form in self.issuer.forms))
        self.assertEqual(done.stderr, "300 tokens, 0 failures.\n")
        line = lines[7]
        self.assertTrue(590 <= line.pop("expires_in") <= 600 and line.pop("expires_at"))
        self.assertEqual(line, {"index": 7, "username": "user7", "access_token": "at-user7", "token_type": "Bearer", "scope": "read",
                                "warnings": [], "extra": {"n": 1}})

    def test_lists_in_both_forms_and_what_is_wrong_with_an_entry(self):
        csv = 'email,Username,PASSWORD\nx,"al,ice","secret ""q"" ä"\n\nx,bob\nx,"carol"x,secret\nx,dave,secret\n'
        lines = ['{"username": "al,ice", "password": "secret \\"q\\" \\u00e4"}', '{"username": "bob"}', "{]",
                 '{"password": "secret", "username": "dave", "more": 1}']
        for text in (csv, csv.replace("\n", "\r\n"), "\ufeff" + csv, csv.rstrip(), "\n".join(lines), " \n" + "\r\n".join(lines) + "\n"):
            with self.subTest(text):
                self.serve()
                done, answers = self.batch(text)
                self.assertEqual(done.status, 2, done.stderr)
                self.assertEqual([line.get("access_token") or line["class"] for line in answers],
                                 ["at-al,ice", "usage", "usage", "at-dave"])
                self.assertEqual({form["username"]: form["password"] for form in self.issuer.forms},
                                 {"al,ice": 'secret "q" ä', "dave": "secret"})
                self.assertEqual({line["sent"] for line in answers if "sent" in line}, {"no"})

    def test_passwords_that_are_no_utf8_pass_with_one_warning(self):
        self.serve()
        done = self.program.run(*self.words, input=b"username,password\nalice,\xc3\xa4\nbob,caf\xe9\ncarol,\xff\n")
        self.assertEqual(done.stderr.splitlines()[:-1], [
            "oauth-token: warning: A password of the list is not UTF-8, first that of index 1; it is sent as the bytes it is, "
            "which servers often refuse."])
        self.assertIn(b"password=caf%E9", b" ".join(request.body for request in self.server.requests))

    def test_what_is_wrong_with_an_entry_is_said_with_the_line_it_begins_in(self):
        csv = 'username,password\nalice\n\n"b\nob",secret,more\n"carol"x,secret\n'
        lines = '{"username": "alice"}\n\n[]\n{]\n{"password": "secret"}'
        for text, expected in ((csv, ["Line 2 has 1 value; the first line names 2 columns.",
                                      "Line 4 has 3 values; the first line names 2 columns.",
                                      "Line 6 has a quote in the wrong place."]),
                               (lines, ['Line 1 has no text "password".', "Line 3 is no JSON object.",
                                        "Line 4 holds JSON that is malformed.", 'Line 5 has no text "username".'])):
            self.serve()
            _, answers = self.batch(text)
            self.assertEqual([line["message"] for line in answers], expected)

    def test_what_is_no_list_is_said_so_and_nothing_is_sent(self):
        cases = [("", "is empty"), ("username,password\n", "is empty"), ("user,pass\na,b\n", 'no column "username"'),
                 ("username\na\n", 'no column "password"'),
                 ("username,password,Password\na,b,c\n", 'more than one column "password"'),
                 ("username,password\n\"" + "x" * 70_000, "longer than 64 KiB"),
                 ("x" * 70_000, "longer than 64 KiB")]
        for text, said in cases:
            with self.subTest(said):
                self.serve()
                done, lines = self.batch(text)
                self.assertEqual((done.status, lines), (2, []), done.stderr)
                self.assertIn(said, done.stderr)
                self.assertEqual(self.issuer.forms, [])

    def test_the_status_is_that_of_the_worst_failure(self):
        self.serve(lambda form: response(b"<html>", 200, [("Content-Type", "text/html")]) if form["username"] == "b" else None)
        done, lines = self.batch("username,password\na,wrong\nb,secret\nc,secret\n")
        self.assertEqual(done.status, 8)
        self.assertEqual([line.get("exit_status", 0) for line in lines], [3, 8, 0])
        wrong = lines[0]
        self.assertEqual((wrong["class"], wrong["error"], wrong["error_description"], wrong["http_status"], wrong["sent"]),
                         ("credentials", "invalid_grant", "no", 400, "yes"))
        done, _ = self.batch("username,password\na,wrong\nc,secret\n")
        self.assertEqual(done.status, 3)

    def test_no_more_requests_than_jobs_are_under_way(self):
        for jobs in (1, 5):
            self.serve()
            self.issuer.gate.clear()
            process = self.program.start(*self.words, "--jobs", str(jobs))
            process.stdin.write(users(40).encode())
            process.stdin.close()
            self.wait_for(lambda: self.issuer.here == jobs)
            time.sleep(0.2)
            self.issuer.gate.set()
            self.assertEqual(process.wait(60), 0)
            process.stdout.close(), process.stderr.close()
            self.assertEqual((self.issuer.most, len(self.issuer.forms)), (jobs, 40))

    def wait_for(self, condition):
        end = time.monotonic() + 30
        while not condition():
            self.assertLess(time.monotonic(), end, "waited 30 s in vain")
            time.sleep(0.01)

    def test_a_rate_spaces_the_requests(self):
        self.serve()
        done, _ = self.batch(users(5), "--rate", "10")
        self.assertEqual(done.status, 0)
        self.assertGreaterEqual(self.issuer.times[-1] - self.issuer.times[0], 0.3)

    def test_a_server_that_asks_for_a_pause_gets_it_and_no_password_twice(self):
        busy = response(b'{"error":"slow_down"}', 429, [*JSON, ("Retry-After", "2")])
        self.serve(lambda form: busy if form["username"] == "user0" else None)
        done, lines = self.batch(users(4), "--jobs", "1")
        self.assertEqual(done.status, 7)
        self.assertEqual([line.get("class", "") for line in lines], ["rate-limited", "", "", ""])
        self.assertEqual(len(self.issuer.forms), 4)
        self.assertGreaterEqual(self.issuer.times[1] - self.issuer.times[0], 1.9)
        self.assertIn("asks for a pause of 2 s", done.stderr)

    def test_an_interrupt_lets_what_was_sent_end_and_reports_the_rest(self):
        self.serve()
        self.issuer.gate.clear()
        process = self.program.start(*self.words, "--jobs", "3")
        process.stdin.write(users(10).encode())
        process.stdin.close()
        self.wait_for(lambda: self.issuer.here == 3)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        self.issuer.gate.set()
        self.assertEqual(process.wait(30), -signal.SIGINT)
        lines = sorted((json.loads(line) for line in process.stdout), key=lambda line: line["index"])
        process.stdout.close(), process.stderr.close()
        self.assertEqual([line.get("access_token", "") for line in lines], ["at-user0", "at-user1", "at-user2"] + [""] * 7)
        self.assertEqual([(line["class"], line["sent"]) for line in lines[3:]], [("interrupted", "no")] * 7)
        self.assertEqual(len(self.issuer.forms), 3)

    def test_an_interrupt_does_not_wait_for_more_of_the_list(self):
        self.serve()
        process = self.program.start(*self.words)
        process.stdin.write(b"username,password\nuser0,secret\n")
        process.stdin.flush()
        self.assertIn(b"at-user0", process.stdout.readline())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), -signal.SIGINT)
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()

    def test_an_interrupt_before_the_first_user_is_no_empty_list(self):
        self.serve()
        process = self.program.start(*self.words)
        process.stdin.write(b"username,password\n")
        process.stdin.flush()
        self.wait_for(lambda: fcntl.ioctl(process.stdin, termios.FIONREAD, bytes(4)) == bytes(4))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), -signal.SIGINT)  # the list has no end before that
        out, said = process.communicate()
        self.assertEqual(out, b"")
        self.assertTrue(said.startswith(b"oauth-token: Interrupted"), said)

    def test_what_is_shown_is_sent_one_after_another(self):
        self.serve()
        self.issuer.gate.clear()
        process = self.program.start(*self.words, "--jobs", "3", "-v")
        process.stdin.write(users(3).encode())
        process.stdin.close()
        self.wait_for(lambda: self.issuer.here == 1)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        self.issuer.gate.set()
        lines = sorted((json.loads(line) for line in process.stdout), key=lambda line: line["index"])
        process.stderr.read()
        self.assertEqual(process.wait(30), -signal.SIGINT)
        process.stdout.close(), process.stderr.close()
        self.assertEqual([line.get("class", "") for line in lines], ["", "interrupted", "interrupted"])
        self.assertEqual(len(self.issuer.forms), 1)

    def test_a_signal_ends_it_while_nobody_reads_the_answers(self):
        self.serve()
        with FullPipe() as pipe:
            process = self.program.start(*self.words, stdout=pipe.writing)
            process.stdin.write(users(2).encode())
            process.stdin.close()
            self.wait_for(lambda: len(self.issuer.forms) == 2)
            process.send_signal(signal.SIGTERM)
            said = process.stderr.read()
            self.assertIn(b"nobody reads them", said)
            self.assertEqual(process.wait(30), -signal.SIGTERM)
        process.stderr.close()

    def test_after_an_interrupt_a_list_without_an_end_is_left(self):
        self.serve()
        self.issuer.gate.clear()
        endless = subprocess.Popen(["yes", "user,secret"], stdout=subprocess.PIPE)
        self.addCleanup(endless.wait)
        self.addCleanup(endless.kill)
        self.addCleanup(endless.stdout.close)
        header = subprocess.Popen(["sh", "-c", "echo username,password; exec cat"], stdin=endless.stdout,
                                  stdout=subprocess.PIPE)
        self.addCleanup(header.wait)
        self.addCleanup(header.kill)
        self.addCleanup(header.stdout.close)
        process = self.program.start(*self.words, "--jobs", "1", stdin=header.stdout)
        self.wait_for(lambda: self.issuer.here == 1)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        self.issuer.gate.set()
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertEqual(out.count(b'"class":"interrupted"'), 10_000)
        self.assertIn(b"The rest of the list was not read.", err)

    def test_output_that_cannot_be_written_ends_it(self):
        self.serve()
        with open("/dev/full", "wb") as full:
            done = self.program.run(*self.words, "--jobs", "2", input=users(50), stdout=full)
        self.assertEqual(done.status, 10, done.stderr)
        self.assertLess(len(self.issuer.forms), 10)

    def test_a_list_from_a_descriptor_and_none_from_a_terminal(self):
        self.serve()
        readable, writable = os.pipe()
        os.write(writable, users(2).encode())
        os.close(writable)
        process = self.program.start(*self.words, "--users-fd", str(readable), pass_fds=(readable,))
        os.close(readable)
        out, _ = process.communicate(timeout=30)
        self.assertEqual((process.returncode, len(out.splitlines())), (0, 2))
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        self.addCleanup(os.close, slave)
        process = self.program.start(*self.words, stdin=slave)
        _, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 2)
        self.assertIn(b"would come from the terminal", err)

    def test_no_more_passwords_than_jobs_are_in_memory(self):
        """And those in the kibibyte that was read of the list."""
        self.serve()
        self.issuer.gate.clear()
        canaries = [memory_scan.canary(awkward="").decode() for _ in range(300)]
        process = self.program.start(*self.words, "--jobs", "4")
        writer = threading.Thread(target=lambda: process.stdin.write(
            ("username,password\n" + "".join(f"u,{canary}\n" for canary in canaries)).encode()))
        writer.start()
        self.wait_for(lambda: self.issuer.here == 4)
        held = b"".join(data for _, _, data in memory_scan.writable_memory(process.pid))
        found = [number for number, canary in enumerate(canaries) if canary.encode() in held]
        self.assertLess(len(found), 4 + 2 * 1024 // len(f"u,{canaries[0]}\n"))
        self.assertGreater(len(found), 0)
        self.issuer.gate.set()
        writer.join()
        process.stdin.close()
        process.stdout.read()
        self.assertEqual(process.wait(60), 3)
        process.stdout.close(), process.stderr.close()

    def test_a_dry_run_shows_one_request_and_sends_none(self):
        self.serve()
        done = self.program.run(*self.words, "--dry-run")
        self.assertEqual((done.status, done.stdout), (0, ""))
        self.assertIn("password: (8 bytes)", done.stderr)
        self.assertEqual(self.issuer.forms, [])


if __name__ == "__main__":
    unittest.main()
