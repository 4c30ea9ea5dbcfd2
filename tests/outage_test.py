"""Outages, through the program: status 7, the session is whole afterwards, nothing is repeated that must not be."""

import email.utils
import json
import subprocess
import threading
import time
import unittest

from certificates import Authority
from fault_server import FaultServer, response, server_tls
from relays import ConnectProxy
from renewal_case import RenewalCase
from rotating_server import JSON, RotatingServer

HTML = [("Content-Type", "text/html")]
# A name that nobody resolves, without waiting for a name server that does not answer.
NAME = "as.oauth-token.invalid"
NO_NAMES = {"RES_OPTIONS": "timeout:1 attempts:1"}


def http_date(seconds):
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


def busy(status, *headers, body=b""):
    return response(body, status, headers)


def after(value):
    return ("Retry-After", str(value))


def first(number, answer):
    """A hook that answers the first requests with the bytes, and then lets the server be."""
    left = [answer] * number
    return lambda _: left.pop() if left else None


class AnswerTest(RenewalCase):
    ANSWERS = {
        "429 with seconds": (busy(429, after(7)), "rate-limited", range(6, 8)),
        "429 with a date": (busy(429, after(http_date(90))), "rate-limited", range(60, 91)),
        "429 without": (busy(429), "rate-limited", None),
        "429 in JSON": (busy(429, after(3), *JSON, body=b'{"error":"slow_down"}'), "rate-limited", range(2, 4)),
        "503 with seconds": (busy(503, after(8)), "server", range(7, 9)),
        "503 with a date": (busy(503, after(http_date(90))), "server", range(60, 91)),
        "503 without": (busy(503), "server", None),
        "500 without a body": (busy(500), "server", None),
        "500 in JSON": (busy(500, *JSON, body=b'{"error":"server_error"}'), "server", None),
        "502 in HTML": (busy(502, *HTML, body=b"<h1>Bad Gateway</h1>"), "server", None),
        "504 in HTML": (busy(504, *HTML, body=b"<h1>Gateway Timeout</h1>"), "server", None),
        "temporarily_unavailable": (busy(400, *JSON, body=b'{"error":"temporarily_unavailable"}'), "rate-limited", None),
    }

    def test_every_outage_is_status_7_and_the_session_is_whole(self):
        self.serve()
        for name, (answer, error_class, seconds) in self.ANSWERS.items():
            with self.subTest(name):
                before = self.server.attempts
                self.server.before_commit = lambda _: answer
                error = self.refused("refresh")
                self.assertEqual(error["class"], error_class)
                if seconds:
                    self.assertIn(error["retry_after"], seconds)
                else:
                    self.assertNotIn("retry_after", error)
                self.assertEqual(self.server.attempts, before + 1)
                self.check_whole()

    def test_what_gateways_say_marks_nothing(self):
        self.serve()
        for status, body in ((200, b"<html>Sign in to the network</html>"), (403, b"<h1>Blocked</h1>"), (404, b"")):
            with self.subTest(status):
                self.server.before_commit = lambda _: busy(status, *HTML, body=body)
                self.refused("refresh", status=8)
                self.check_whole()

    def test_nobody_asks_again_before_the_time_that_the_server_named(self):
        self.serve()
        self.server.before_commit = lambda _: busy(503, after(600))
        self.refused("refresh")
        self.server.before_commit = None
        for words in (["refresh"], ["token", "--min-valid", "3601"], ["refresh", "--wait", "5"]):
            with self.subTest(words):
                done = self.program.run(*words)
                self.assertEqual(done.status, 0 if words[0] == "token" else 7, done.stderr)
        self.assertEqual(self.server.attempts, 1)
        self.check_whole()

    def test_a_token_that_still_lives_beats_the_outage(self):
        self.serve()
        self.server.before_commit = lambda _: busy(503)
        done = self.program.run("token", "--min-valid", "3601")
        self.assertEqual((done.status, done.stdout), (0, self.server.access_token + "\n"))
        self.assertIn("could not be renewed, but is still valid", done.stderr)
        self.check_whole()

    def test_500_and_then_200(self):
        self.serve()
        self.server.before_commit = first(1, busy(500))
        self.assertEqual(self.refused("refresh", "--wait", "20")["class"], "server")
        self.assertEqual(self.server.attempts, 1, "500 may mean that the refresh token was spent")
        self.check_whole()

    def test_a_password_is_never_repeated(self):
        for name, (answer, error_class, _) in {**self.ANSWERS, "a cut connection": (b"", "network", None)}.items():
            with self.subTest(name):
                sent = []

                def refuse(connection):
                    while request := connection.read_request():
                        sent.append(request)
                        connection.send(answer)
                        if not answer:
                            return

                with FaultServer(refuse) as server:
                    error = self.refused("password", "--token-endpoint", server.url(), "--client-id", "app",
                                         "--username", "alice", "--password-stdin", input="secret")
                    self.assertEqual((error["class"], len(sent), server.connections), (error_class, 1, 1))

    def test_a_password_cannot_wait(self):
        self.serve()
        for words, environment in ((["--wait", "5"], {}), ([], {"OAUTH_TOKEN_WAIT": "5"})):
            done = self.program.run("password", "--token-endpoint", self.server.url(), "--session", "other", "--username",
                                    "alice", "--client-id", "app", "--password-stdin", *words, input="secret",
                                    environment=environment)
            self.assertEqual(done.status, 2 if words else 0, done.stderr)
        self.assertEqual(self.server.passwords, 2)


class WaitTest(RenewalCase):
    """`--wait` tries again what promise 1 allows."""

    def times(self, hook):
        """When refresh requests came, from now on."""
        times = []

        def note(request):
            times.append(time.monotonic())
            return hook(request)

        self.server.before_commit = note
        return times

    def test_until_the_server_is_back(self):
        self.serve()
        for name, answer in {"seconds": busy(503, after(1)), "a date": busy(429, after(http_date(2))),
                             "at once": busy(503, after(0))}.items():
            with self.subTest(name):
                times = self.times(first(2, answer))
                self.renew("--force", "--wait", "60")
                self.assertEqual(len(times), 3)
                pauses = [later - earlier for earlier, later in zip(times, times[1:])]
                self.assertGreater(min(pauses), 0.7, "the pause grows from one second, a quarter of it at random")

    def test_in_the_given_time(self):
        self.serve()
        times = self.times(lambda _: busy(503, after(1)))
        self.assertEqual(self.refused("refresh", "--wait", "6")["class"], "server")
        self.assertIn(len(times), range(2, 7))
        self.assertLess(times[-1] - times[0], 6)
        self.check_whole()

    def test_not_for_longer_than_it_may(self):
        self.serve()
        self.server.before_commit = lambda _: busy(503, after(3600))
        self.assertIn(self.refused("refresh", "--wait", "5")["retry_after"], range(3590, 3601))
        self.assertEqual(self.server.attempts, 1)

    def test_not_after_an_answer_that_says_nothing_about_later(self):
        self.serve()
        for answer in (busy(429), busy(503), busy(500, after(1)), busy(502)):
            before = self.server.attempts
            self.server.before_commit = lambda _: answer
            self.refused("refresh", "--force", "--wait", "20")
            self.assertEqual(self.server.attempts, before + 1)
        self.check_whole()

    def test_not_after_a_timeout(self):
        self.serve(grace=60)
        ended = threading.Event()
        self.addCleanup(ended.set)
        self.server.after_commit = lambda _: ended.wait(60) and None
        self.assertEqual(self.refused("refresh", "--timeout", "1", "--wait", "10")["class"], "timeout")
        self.assertEqual(self.server.attempts, 1)
        ended.set()
        self.check_whole()

    def test_until_connections_are_no_longer_refused(self):
        self.serve()
        self.server.refuse()
        process = self.program.start("refresh", "--wait", "60")
        self.addCleanup(process.communicate)
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(1.5)  # it goes on trying
        self.server.accept_again()
        self.assertEqual(process.wait(60), 0)
        self.assertEqual(process.stdout.read().decode(), self.server.access_token + "\n")
        self.assertEqual(self.server.refreshes, 1)


class NetworkTest(RenewalCase):
    def test_connection_refused(self):
        self.serve()
        self.server.refuse()
        for _ in range(3):
            error = self.refused("refresh", "--force")
            self.assertEqual((error["class"], error["sent"], error["retry_safe"]), ("network", "no", True))
        self.server.accept_again()
        self.check_whole()

    def test_the_name_is_not_found(self):
        authority = Authority(self.program.home / "ca")
        tls = server_tls(*authority.certificate("server", f"DNS:{NAME}"))
        with RotatingServer(tls=tls) as self.server, ConnectProxy(self.server.port) as proxy:
            reachable = {"https_proxy": proxy.url}
            done = self.program.run("password", "--token-endpoint", f"https://{NAME}/token", "--client-id", "app",
                                    "--cacert", authority.file, "--username", "alice", "--password-stdin",
                                    input="secret", environment=reachable)
            self.assertEqual(done.status, 0, done.stderr)
            for _ in range(2):
                error = self.refused("refresh", "--force", environment=NO_NAMES)
                self.assertEqual((error["class"], error["sent"]), ("network", "no"))
                self.assertIn(NAME, error["message"])
            self.check_whole(environment=reachable)

    def test_the_connection_is_cut_after_the_commit(self):
        """The same refresh token is sent once more, at once: all is well where the server forgives that."""
        for grace, times_cut, status in ((60, 1, 0), (None, 1, 0), (60, 2, 7), (None, 2, 7)):
            with self.subTest(grace=grace, times_cut=times_cut):
                self.serve(grace)
                self.server.after_commit = first(times_cut, b"")
                done = self.program.run("refresh")
                self.assertEqual(done.status, status, done.stderr)
                self.assertEqual(self.server.attempts, 2)
                self.check_whole()

    def test_the_connection_is_cut_after_the_commit_by_a_server_that_forgives_nothing(self):
        self.serve(grace=0)
        self.server.after_commit = first(1, b"")
        self.refused("refresh", status=4)
        self.assertEqual((self.server.attempts, self.server.reuses), (2, 1))

    def test_a_truncated_answer(self):
        answer = RotatingServer.json({"access_token": "at", "token_type": "Bearer", "refresh_token": "rt-half"})
        for grace, whole in ((60, True), (None, True), (0, False)):
            with self.subTest(grace=grace):
                self.serve(grace)
                self.server.after_commit = first(1, answer[:-20])
                self.refused("refresh")
                self.assertEqual(self.server.attempts, 1)
                (self.check_whole if whole else self.check_lost)()

    def test_the_refresh_token_of_a_truncated_answer_is_used_where_it_is_whole(self):
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n"
        for name, cut in {"the last byte": lambda body: response(body)[:-1], "half": lambda body: response(body)[:-40],
                          "the last chunk": lambda body: chunked % (len(body), body)}.items():
            with self.subTest(name):
                self.serve(grace=0)
                self.server.after_commit = lambda _: cut(json.dumps(
                    {"refresh_token": f"rt-{self.server.issued}", "access_token": "at" * 20, "token_type": "Bearer"}).encode())
                error = self.refused("refresh")
                self.assertEqual((error["class"], error["sent"], self.server.attempts), ("network", "yes", 1))
                self.check_whole()

    def test_an_answer_without_a_refresh_token_keeps_the_old_one(self):
        self.serve(grace=None)
        for _ in range(3):
            self.renew()
        sent = {self.server.form(request)["refresh_token"] for request in self.server.requests[1:]}
        self.assertEqual(sent, {"rt-1"})

    def test_an_answer_that_comes_after_the_timeout(self):
        for grace, whole in ((60, True), (0, False)):
            with self.subTest(grace=grace):
                self.serve(grace)
                ended = threading.Event()
                self.addCleanup(ended.set)
                self.server.after_commit = lambda _: ended.wait(60) and None
                error = self.refused("refresh", "--timeout", "1")
                self.assertEqual((error["class"], error["sent"], error["retry_safe"]), ("timeout", "maybe", False))
                ended.set()
                (self.check_whole if whole else self.check_lost)()

    def test_an_answer_that_takes_longer_than_any_other_request_may(self):
        self.serve()
        self.server.after_commit = lambda _: time.sleep(31)
        self.renew()
        self.assertEqual(self.server.attempts, 1)


if __name__ == "__main__":
    unittest.main()
