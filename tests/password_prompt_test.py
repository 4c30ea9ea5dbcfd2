"""`oauth-token password` in front of a person: what is asked, how often the server is, and what is left when it ends."""

import json
import subprocess
import unittest
import urllib.parse

from support.fault_server import FaultServer, response
from support.program import Program

PASSWORD = "pä$$w+rd &=%20\"é🔑"
TOKEN = "token-1"


class Server(FaultServer):
    """A token endpoint that knows one password."""

    def __init__(self):
        super().__init__(self._behave)
        self.password = PASSWORD

    def _behave(self, connection):
        while request := connection.read_request():
            right = form(request)["password"] == self.password
            answer = {"access_token": TOKEN, "token_type": "Bearer"} if right else {"error": "invalid_grant"}
            connection.send(response(json.dumps(answer).encode(), 200 if right else 400,
                                     [("Content-Type", "application/json")]))


def form(request):
    return dict(urllib.parse.parse_qsl(request.body.decode("ascii"), keep_blank_values=True, strict_parsing=True))


class PasswordPrompt(unittest.TestCase):
    def setUp(self):
        self.program = self.enter(Program())
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.arguments = ["password", "--token-endpoint", self.server.url(), "--client-id", "app", "--store",
                          "none", "-o", "token"]

    def enter(self, manager):
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def terminal(self, *arguments, **options):
        return self.enter(self.program.terminal(*self.arguments, *arguments,
                                                **{"stdout": subprocess.PIPE, **options}))

    def ask(self, terminal, keys, question="Password for alice at http"):
        terminal.wait_for(question)
        terminal.wait_until(lambda: not terminal.echo())
        terminal.type(keys)

    def passwords(self):
        return [form(request)["password"] for request in self.server.requests]

    def test_the_token_goes_to_standard_output_alone_and_the_password_nowhere(self):
        terminal = self.terminal("--username", "alice")
        self.ask(terminal, PASSWORD + "\n")
        self.assertEqual(terminal.process.stdout.read().decode(), TOKEN + "\n")
        self.assertEqual(terminal.wait(), 0)
        self.assertTrue(terminal.echo())
        self.assertNotIn(PASSWORD, terminal.screen)
        self.assertNotIn(TOKEN, terminal.screen)
        self.assertEqual([form(request) for request in self.server.requests],
                         [{"grant_type": "password", "username": "alice", "password": PASSWORD, "client_id": "app"}])

    def test_a_missing_user_name_is_asked_for_and_shown(self):
        terminal = self.terminal()
        terminal.wait_for("ser name")
        self.assertTrue(terminal.echo())
        terminal.type("jürgen\n")
        self.ask(terminal, PASSWORD + "\n", "Password for jürgen")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(form(self.server.requests[0])["username"], "jürgen")

    def test_a_wrong_password_is_asked_for_again(self):
        terminal = self.terminal("--username", "alice")
        self.ask(terminal, "wrong\n")
        self.assertIn("The server says: invalid_grant", terminal.wait_for("Try again (2 of 3)"))
        self.ask(terminal, PASSWORD + "\n")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(self.passwords(), ["wrong", PASSWORD])

    def test_why_it_is_asked_again_is_said_where_it_is_asked(self):
        for words in (["--quiet"], ["-o", "json"], []):
            with self.subTest(words):
                self.arguments[7:] = words
                terminal = self.terminal("--username", "alice", stderr=subprocess.PIPE)
                self.ask(terminal, "wrong\n")
                self.assertIn("The server says: invalid_grant", terminal.wait_for("Try again (2 of 3)"))
                self.ask(terminal, PASSWORD + "\n")
                self.assertEqual(terminal.wait(), 0)
                self.assertEqual(terminal.process.stderr.read(), b"")

    def test_lines_pasted_by_mistake_are_one_attempt(self):
        terminal = self.terminal("--username", "alice")
        self.ask(terminal, "a text\nof four lines\nfrom\nelsewhere\n")
        terminal.wait_for("Try again (2 of 3)")
        self.ask(terminal, PASSWORD + "\n")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(self.passwords(), ["a text", PASSWORD])

    def test_a_long_password_arrives_whole(self):
        self.server.password = "0123456789abcdé " * 241  # more than 4 KiB
        terminal = self.terminal("--username", "alice")
        self.ask(terminal, self.server.password + "\n")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(self.passwords(), [self.server.password])

    def test_ctrl_z_and_fg(self):
        # Where progress could show, the signal has a handler of ours before and after the question.
        for number, kind in enumerate(("dumb", "xterm"), 1):
            with self.subTest(kind), self.program.shell() as shell:
                shell.wait_for("ready> ")
                shell.type(" ".join([f"TERM={kind}", "oauth-token", *self.arguments, "--username", "alice"]) + "\n")
                for _ in range(2):
                    self.ask(shell, "half\x1a")
                    shell.wait_for("Stopped")
                    shell.wait_for("ready> ")
                    self.assertTrue(shell.echo())
                    shell.type("fg\n")
                self.ask(shell, PASSWORD + "\n")
                shell.wait_for(TOKEN)
                shell.wait_for("ready> ")
                self.assertTrue(shell.echo())
                self.assertEqual(self.passwords(), [PASSWORD] * number)
                self.assertNotIn("half", shell.screen)

    def test_askpass_is_asked_in_place_of_the_prompt_and_once_only(self):
        program = self.program.file("askpass", '#!/bin/sh\necho "$1" >"$HOME/question"\necho "wrong"\n', 0o700)
        done = self.program.run(*self.arguments, "--username", "alice", environment={"OAUTH_TOKEN_ASKPASS": program})
        self.assertEqual(done.status, 3, done.stderr)
        self.assertEqual(self.passwords(), ["wrong"])
        self.assertIn("alice", (self.program.home / "question").read_text())


if __name__ == "__main__":
    unittest.main()
