"""The program on a terminal: it asks there and nowhere else, three times at most, and gives the terminal back."""

import json
import signal
import unittest

from fault_server import FaultServer, response
from program import Program

JSON = [("Content-Type", "application/json")]
QUESTION = "Password for alice at "


class Server(FaultServer):
    """The password is "right"."""

    def __init__(self):
        super().__init__(self._behave)

    def _behave(self, connection):
        while request := connection.read_request():
            right = b"password=right" in request.body
            answer = {"access_token": "at-1", "token_type": "Bearer"} if right else {"error": "invalid_grant"}
            connection.send(response(json.dumps(answer).encode(), 200 if right else 400, JSON))


class TerminalTest(unittest.TestCase):
    def setUp(self):
        self.program = Program()
        self.addCleanup(self.program.close)
        self.server = Server()
        self.addCleanup(self.server.stop)

    def words(self, *more):
        return ["password", "--token-endpoint", self.server.url(), "--store", "none", "--username", "alice", *more]

    def test_a_wrong_password_then_the_right_one(self):
        with self.program.terminal(*self.words("-o", "token")) as terminal:
            terminal.wait_for(QUESTION)
            self.assertFalse(terminal.echo())
            terminal.type("wrong\n")
            terminal.wait_for(QUESTION)
            terminal.type("right\n")
            terminal.wait_for("at-1")
            self.assertEqual(terminal.wait(), 0)
            self.assertTrue(terminal.echo())
            self.assertNotIn("wrong\r\n", terminal.screen)
            self.assertNotIn("right", terminal.screen)
        self.assertEqual(len(self.server.requests), 2)

    def test_three_wrong_passwords_are_three_requests(self):
        with self.program.terminal(*self.words()) as terminal:
            for _ in range(3):
                terminal.wait_for(QUESTION)
                terminal.type("no\n")
            self.assertEqual(terminal.wait(), 3)
        self.assertEqual(len(self.server.requests), 3)

    def test_the_user_name_is_asked_for_with_echo(self):
        words = [word for word in self.words() if word not in ("--username", "alice")]
        with self.program.terminal(*words) as terminal:
            terminal.wait_for("User name: ")
            self.assertTrue(terminal.echo())
            terminal.type("alice\n")
            terminal.wait_for(QUESTION)
            terminal.type("right\n")
            self.assertEqual(terminal.wait(), 0)

    def test_a_second_factor_is_asked_for_after_the_password(self):
        with self.program.terminal(*self.words("--prompt-param", "totp")) as terminal:
            terminal.wait_for(QUESTION)
            terminal.type("right\n")
            terminal.wait_for("totp: ")
            self.assertFalse(terminal.echo())
            terminal.type("123456\n")
            self.assertEqual(terminal.wait(), 0)
        self.assertIn(b"totp=123456", self.server.requests[0].body)

    def test_standard_input_is_never_asked(self):
        with open(self.program.file("input", "right\n"), "rb") as piped:
            with self.program.terminal(*self.words(), stdin=piped) as terminal:
                terminal.wait_for(QUESTION)
                terminal.type("right\n")
                self.assertEqual(terminal.wait(), 0)

    def test_a_secret_is_not_read_from_a_terminal_that_would_show_it(self):
        for option in "--password-stdin", "--password-fd=0", "--password-fd=2":
            with self.subTest(option), self.program.terminal(*self.words(option, "--no-input")) as terminal:
                self.assertEqual(terminal.wait(), 2)
            with self.subTest(option), self.program.terminal(*self.words(option)) as terminal:
                terminal.wait_for(QUESTION)
                terminal.wait_until(lambda terminal=terminal: not terminal.echo())
                terminal.type("right\n")
                self.assertEqual(terminal.wait(), 0)
                self.assertNotIn("right", terminal.screen)
        before = self.server.connections
        renewal = ["refresh", "--token-endpoint", self.server.url(), "--client-id", "app", "--on-rotation", "cat"]
        with self.program.terminal(*renewal, "--refresh-token-stdin") as terminal:
            self.assertEqual(terminal.wait(), 2)
            self.assertIn("the terminal would show the refresh token.\r\n  Let a file, a pipe or a command give it.", terminal.screen)
        self.assertEqual(self.server.connections, before)

    def test_a_signal_at_the_prompt_ends_the_program_as_that_signal_and_sends_nothing(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number), self.program.terminal(*self.words()) as terminal:
                terminal.wait_for(QUESTION)
                if number == signal.SIGINT:
                    terminal.type("\x03")
                else:
                    terminal.send_signal(number)
                self.assertEqual(terminal.wait(), -number)
                self.assertTrue(terminal.echo())
        self.assertEqual(self.server.connections, 0)

    def test_without_a_terminal_or_with_no_input_a_missing_password_is_status_2(self):
        done = self.program.run(*self.words())
        self.assertEqual((done.status, done.stdout), (2, ""))
        self.assertIn("--password-stdin", done.stderr)
        with self.program.terminal(*self.words("--no-input")) as terminal:
            self.assertEqual(terminal.wait(), 2)
            self.assertIn("--password-stdin", terminal.screen)
        self.assertEqual(self.server.connections, 0)

    def test_a_terminal_of_one_column_or_of_an_unknown_kind_is_asked_as_any_other(self):
        for size in ((1, 1), (0, 0), (24, 80)):
            for kind in ("xterm", "dumb", "nonsense", "", None):
                with self.subTest(size, kind=kind):
                    with self.program.terminal(*self.words("-o", "token"), environment={"TERM": kind}) as terminal:
                        terminal.resize(*size)
                        terminal.wait_for(QUESTION)
                        self.assertFalse(terminal.echo())
                        terminal.type("right\n")
                        self.assertEqual(terminal.wait(), 0, terminal.screen)
                        self.assertTrue(terminal.echo())
                        self.assertTrue(terminal.screen.endswith("\nat-1\r\n"), terminal.screen)
                        self.assertNotIn("\x1b", terminal.screen)

    def test_an_answer_on_a_terminal_is_escaped(self):
        answer = json.dumps({"access_token": "at", "token_type": "Bearer", "x": "y\u202e\x1bz"}).encode()
        for more in (["-o", "token"], ["-o", "json"], ["--field", "x"]):
            with self.subTest(more), FaultServer(lambda connection: (connection.read_request(), connection.send(
                    response(answer, headers=JSON)))) as server:
                words = self.words("--password-file", self.program.file("pw", "right"), *more)
                words[words.index("--token-endpoint") + 1] = server.url()
                with self.program.terminal(*words) as terminal:
                    self.assertEqual(terminal.wait(), 0, terminal.screen)
                    self.assertNotIn("\x1b", terminal.screen)
                    self.assertNotIn("\u202e", terminal.screen)


if __name__ == "__main__":
    unittest.main()
