"""`oauth-token password` in front of a person: what is asked, how often the server is, and what is left when it ends."""

import http.server
import json
import os
import signal
import subprocess
import threading
import unittest
import urllib.parse

from support.program import Program

PASSWORD = "pä$$w+rd &=%20\"é🔑"
TOKEN = "token-1"


class Server:
    """A token endpoint that knows one password and notes the requests; 127.0.0.1, plain http."""

    def __enter__(self):
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
                form = dict(urllib.parse.parse_qsl(body, keep_blank_values=True, strict_parsing=True))
                server.requests.append(form)
                if form["password"] == server.password:
                    status, answer = 200, {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300}
                else:
                    status, answer = 400, {"error": "invalid_grant"}
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.password = PASSWORD
        self.requests = []
        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._http.server_port}/token"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *failure):
        self._http.shutdown()
        self._http.server_close()


class PasswordPrompt(unittest.TestCase):
    def setUp(self):
        self.program = self.enter(Program())
        self.server = self.enter(Server())
        self.arguments = ["password", "--token-endpoint", self.server.endpoint, "--client-id", "app", "--store",
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
        return [request["password"] for request in self.server.requests]

    def test_the_token_goes_to_standard_output_alone_and_the_password_nowhere(self):
        terminal = self.terminal("--username", "alice")
        self.ask(terminal, PASSWORD + "\n")
        self.assertEqual(terminal.process.stdout.read().decode(), TOKEN + "\n")
        self.assertEqual(terminal.wait(), 0)
        self.assertTrue(terminal.echo())
        self.assertNotIn(PASSWORD, terminal.screen)
        self.assertNotIn(TOKEN, terminal.screen)
        self.assertEqual(self.server.requests,
                         [{"grant_type": "password", "username": "alice", "password": PASSWORD, "client_id": "app"}])

    def test_a_missing_user_name_is_asked_for_and_shown(self):
        terminal = self.terminal()
        terminal.wait_for("ser name")
        self.assertTrue(terminal.echo())
        terminal.type("jürgen\n")
        self.ask(terminal, PASSWORD + "\n", "Password for jürgen")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(self.server.requests[0]["username"], "jürgen")

    def test_a_wrong_password_is_asked_for_again(self):
        terminal = self.terminal("--username", "alice")
        self.ask(terminal, "wrong\n")
        terminal.wait_for("Try again (2 of 3)")
        self.ask(terminal, PASSWORD + "\n")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(self.passwords(), ["wrong", PASSWORD])

    def test_three_wrong_passwords_are_three_requests(self):
        terminal = self.terminal("--username", "alice")
        for wrong in ("one", "two", "three"):
            self.ask(terminal, wrong + "\n")
        self.assertEqual(terminal.process.stdout.read(), b"")
        self.assertEqual(terminal.wait(), 3)
        self.assertEqual(self.passwords(), ["one", "two", "three"])

    def test_a_long_password_arrives_whole(self):
        self.server.password = "0123456789abcdé " * 241  # more than 4 KiB
        terminal = self.terminal("--username", "alice")
        self.ask(terminal, self.server.password + "\n")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(self.passwords(), [self.server.password])

    def test_ctrl_c_and_signals_restore_the_terminal_and_send_nothing(self):
        for number, end in (
            (signal.SIGINT, lambda terminal: terminal.type("\x03")),
            (signal.SIGTERM, lambda terminal: terminal.send_signal(signal.SIGTERM)),
            (signal.SIGHUP, lambda terminal: terminal.send_signal(signal.SIGHUP)),
        ):
            with self.subTest(number=number):
                terminal = self.terminal("--username", "alice")
                self.ask(terminal, "half")
                end(terminal)
                self.assertEqual(terminal.wait(), -number)
                self.assertTrue(terminal.echo())
                self.assertEqual(terminal.process.stdout.read(), b"")
                self.assertNotIn("half", terminal.screen)
        self.assertEqual(self.server.requests, [])

    def test_ctrl_z_and_fg(self):
        shell = self.enter(self.program.shell())
        shell.wait_for("ready> ")
        shell.type(" ".join(["oauth-token", *self.arguments, "--username", "alice"]) + "\n")
        self.ask(shell, "half\x1a")
        shell.wait_for("Stopped")
        shell.wait_for("ready> ")
        self.assertTrue(shell.echo())
        shell.type("fg\n")
        self.ask(shell, PASSWORD + "\n")
        shell.wait_for(TOKEN)
        shell.wait_for("ready> ")
        self.assertTrue(shell.echo())
        self.assertEqual(self.passwords(), [PASSWORD])
        self.assertNotIn("half", shell.screen)

    def test_standard_input_is_left_alone(self):
        read, write = os.pipe()
        os.write(write, b"not a password\n")
        os.close(write)
        terminal = self.terminal("--username", "alice", stdin=read)
        self.ask(terminal, PASSWORD + "\n")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(os.read(read, 100), b"not a password\n")
        os.close(read)
        self.assertEqual(self.passwords(), [PASSWORD])

    def test_with_nobody_to_ask_it_says_what_to_use_instead(self):
        for more, message in (([], "There is no terminal"), (["--no-input"], "--no-input forbids")):
            with self.subTest(more=more):
                done = self.program.run(*self.arguments, "--username", "alice", *more, input="not a password\n")
                self.assertEqual((done.status, done.stdout), (2, ""))
                self.assertIn(message, done.stderr)
                for way in ("--password-stdin", "--password-file", "--password-command", "OAUTH_TOKEN_PASSWORD"):
                    self.assertIn(way, done.stderr)
        done = self.program.run(*self.arguments, "--no-input", input="alice\n")
        self.assertEqual(done.status, 2)
        self.assertIn("--username", done.stderr)
        self.assertEqual(self.server.requests, [])

    def test_askpass_is_asked_in_place_of_the_prompt_and_once_only(self):
        program = self.program.file("askpass", '#!/bin/sh\necho "$1" >"$HOME/question"\necho "wrong"\n', 0o700)
        done = self.program.run(*self.arguments, "--username", "alice", environment={"OAUTH_TOKEN_ASKPASS": program})
        self.assertEqual(done.status, 3, done.stderr)
        self.assertEqual(self.passwords(), ["wrong"])
        self.assertIn("alice", (self.program.home / "question").read_text())

    def test_a_hidden_parameter_is_asked_for_too(self):
        terminal = self.terminal("--username", "alice", "--prompt-param", "totp")
        self.ask(terminal, PASSWORD + "\n")
        self.ask(terminal, "123456\n", "totp")
        self.assertEqual(terminal.wait(), 0)
        self.assertNotIn("123456", terminal.screen)
        self.assertEqual(self.server.requests[0]["totp"], "123456")


if __name__ == "__main__":
    unittest.main()
