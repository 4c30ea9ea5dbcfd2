"""What shows on a terminal while the program waits, and its colours; and that nothing else ever sees either."""

import json
import re
import signal
import threading
import time
import unittest

from fault_server import FaultServer, response
from keyring_case import KeyringTestCase
from program import Program

JSON = [("Content-Type", "application/json")]
ABLE = {"TERM": "xterm"}
LONG = 2.5  # seconds; progress shows after one


class SlowServer(FaultServer):
    """Answers once it is told to. The password is "right"."""

    def __init__(self):
        self.may_answer = threading.Event()
        super().__init__(self._behave)

    def _behave(self, connection):
        while request := connection.read_request():
            self.may_answer.wait(30)
            renews = b"grant_type=refresh_token" in request.body
            right = renews or b"password=right" in request.body
            token = {"access_token": "at-2" if renews else "at-1", "token_type": "Bearer", "refresh_token": "rt"}
            connection.send(response(json.dumps(token if right else {"error": "invalid_grant"}).encode(),
                                     200 if right else 400, JSON))


def shown(screen):
    """The lines that a person sees in the end."""
    lines = [""]
    column = 0
    for part in re.findall(r"\x1b\[K|\x1b\[\d*m|\r|\n|[^\x1b\r\n]+", screen):
        if part == "\n":
            lines.append("")
        elif part == "\r":
            column = 0
        elif part == "\x1b[K":
            lines[-1] = lines[-1][:column]
        elif part[0] != "\x1b":
            lines[-1] = lines[-1][:column] + part + lines[-1][column + len(part):]
            column += len(part)
    return [line for line in lines if line]


class OnTerminal(unittest.TestCase):
    def setUp(self):
        self.program = Program()
        self.addCleanup(self.program.close)
        self.server = SlowServer()
        self.addCleanup(self.server.stop)
        self.addCleanup(self.server.may_answer.set)

    def words(self, *more, password="right"):
        return ["password", "--token-endpoint", self.server.url(), "--store", "none", "--username", "alice",
                "--password-file", self.program.file("pw", password), *more]

    def test_waiting_shows_for_how_long_and_leaves_nothing(self):
        with self.program.terminal(*self.words("-o", "token"), environment=ABLE) as terminal:
            terminal.wait_for("Waiting, 1 s")
            terminal.wait_for("Waiting, 2 s")
            self.server.may_answer.set()
            self.assertEqual(terminal.wait(), 0)
        self.assertEqual(shown(terminal.screen), ["at-1"])

    def test_an_error_stands_on_a_line_of_its_own(self):
        with self.program.terminal(*self.words(password="wrong"), environment=ABLE) as terminal:
            terminal.wait_for("Waiting, 1 s")
            self.server.may_answer.set()
            self.assertEqual(terminal.wait(), 3)
        self.assertRegex(shown(terminal.screen)[0], r"\Aoauth-token: The server refused")
        self.assertIn("\x1b[31moauth-token:\x1b[0m", terminal.screen)

    def test_ctrl_c_leaves_nothing_either(self):
        with self.program.terminal(*self.words(), environment=ABLE) as terminal:
            terminal.wait_for("Waiting, 1 s")
            terminal.type("\x03")
            self.assertEqual(terminal.wait(), -signal.SIGINT)
        self.assertNotIn("Waiting", "".join(shown(terminal.screen)))
        self.assertNotIn("^C", "".join(shown(terminal.screen)))

    def test_a_question_is_asked_on_a_clean_line(self):
        words = [word for word in self.words() if word != "--password-file" and not word.endswith("/pw")]
        with self.program.terminal(*words, "-o", "token", environment=ABLE) as terminal:
            terminal.wait_for("Password for alice")
            terminal.type("wrong\n")
            terminal.wait_for("Waiting, 1 s")
            self.server.may_answer.set()
            terminal.wait_for("Password for alice")
            self.server.may_answer.clear()
            time.sleep(LONG)  # a person thinks
            terminal.type("right\n")
            before = terminal.screen.rindex("Password for alice")
            terminal.wait_for("Waiting, 1 s")
            self.server.may_answer.set()
            self.assertEqual(terminal.wait(), 0)
        question = terminal.screen[before:terminal.screen.index("\n", before)]
        self.assertNotIn("\x1b", question)
        lines = shown(terminal.screen)
        self.assertEqual([line.split(" at ")[0] for line in lines if "Password" in line], ["Password for alice"] * 2)
        self.assertNotIn("Waiting", "".join(lines))
        self.assertEqual(lines[-1], "at-1")

    def test_waiting_for_another_process_shows_too(self):
        self.server.may_answer.set()
        key = {"OAUTH_TOKEN_STORE_KEY": "base64:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="}
        words = ["file" if word == "none" else word for word in self.words("--session", "work", "--client-id", "app")]
        done = self.program.run(*words, environment=key)
        self.assertEqual((done.status, done.stderr), (0, ""))
        self.server.may_answer.clear()
        before = len(self.server.requests)
        first = self.program.start("refresh", "work", environment=key)
        try:
            while len(self.server.requests) == before:  # it has the session's lock
                self.assertIsNone(first.poll())
                time.sleep(0.05)
            with self.program.terminal("refresh", "work", "-o", "token", environment={**ABLE, **key}) as terminal:
                terminal.wait_for("Waiting, 1 s")
                self.server.may_answer.set()
                self.assertEqual(terminal.wait(), 0)
            self.assertEqual(shown(terminal.screen), ["at-2"])
            self.assertEqual(len(self.server.requests), before + 1)
        finally:
            first.communicate(timeout=30)

    def test_ctrl_z_leaves_nothing_and_the_line_comes_back(self):
        words = " ".join(["TERM=xterm", "oauth-token", *self.words("-o", "token")])
        with self.program.shell() as shell:
            shell.wait_for("ready> ")
            shell.type(words + "\n")
            shell.wait_for("Waiting, 1 s")
            shell.type("\x1a")
            shell.wait_for("Stopped")
            before = shell.screen[:shell.screen.index("Stopped")]
            self.assertNotIn("Waiting", "".join(shown(before)))
            shell.wait_for("ready> ")
            time.sleep(0.5)  # a line that were drawn now would be in the shell's
            shell.type("fg\n")
            after = shell.wait_for("s\x1b[K")
            self.assertRegex(after, r"\Afg\r\nTERM=xterm oauth-token [^\n]*\n\r[|/\\-] Waiting, \d+ ")
            self.server.may_answer.set()
            shell.wait_for("at-1")
            shell.wait_for("ready> ")
            self.assertIn("at-1", shown(shell.screen))
            shell.type("echo $?\n")
            shell.wait_for("\n0\r")

    def test_on_a_narrow_terminal_no_line_wraps(self):
        for columns in (1, 2, 8):
            with self.subTest(columns), self.program.terminal(*self.words("-o", "token"), environment=ABLE) as terminal:
                terminal.resize(1, columns)
                terminal.wait_for("\x1b[K")
                terminal.wait_for("\x1b[K")
                self.server.may_answer.set()
                self.assertEqual(terminal.wait(), 0)
                self.server.may_answer.clear()
                drawn = terminal.screen.partition("at-1")[0].replace("\x1b[K", "").split("\r")
                self.assertEqual(max(map(len, drawn)), columns - 1)
                self.assertEqual(shown(terminal.screen), ["at-1"])

    def test_while_a_person_or_a_command_gives_a_secret_nothing_shows(self):
        self.server.may_answer.set()
        words = self.words("-o", "token")[:-4]
        secret = self.program.file("secret", "client-secret")
        table = {
            "standard input": (["--password-stdin"], "right\n"),
            "the terminal as a file": (["--password-file", "/dev/stdin"], "right\n\x04"),
            "a command": (["--password-command", f"sleep {LONG}; echo right"], ""),
            "the command of an askpass program": (["--askpass", self.program.file("ask", f"#!/bin/sh\nsleep {LONG}; echo right\n",
                                                                                  0o700)], ""),
            "a parameter": (["--password-command", "echo right", "--param-file", "totp=/dev/stdin"], "123456\n\x04"),
            "the client's secret": (["--password-command", "echo right", "--client-id", "app", "--client-secret-command",
                                     f"sleep {LONG}; cat {secret}"], ""),
        }
        terminals = {name: self.program.terminal(*words, *more, "-o", "token", environment=ABLE)
                     for name, (more, _) in table.items()}
        time.sleep(LONG)
        for name, terminal in terminals.items():
            with self.subTest(name), terminal:
                if table[name][1]:
                    terminal.type(table[name][1])
                self.assertEqual(terminal.wait(), 0, terminal.screen)
                self.assertNotIn("Waiting", terminal.screen)

    def test_nothing_shows_where_it_must_not(self):
        words = self.words()
        plain = self.program.file("err", "")
        with open(plain, "wb") as elsewhere:
            table = {
                "a dumb terminal": ([], {"TERM": "dumb"}, {}),
                "no word about the terminal": ([], {"TERM": None}, {}),
                "--quiet": (["--quiet"], ABLE, {}),
                "-v": (["-v"], ABLE, {}),
                "-o json": (["-o", "json"], ABLE, {}),
                "standard error elsewhere": ([], ABLE, {"stderr": elsewhere}),
            }
            terminals = {name: self.program.terminal(*words, *more, environment=environment, **options)
                         for name, (more, environment, options) in table.items()}
            time.sleep(LONG)
            self.server.may_answer.set()
            for name, terminal in terminals.items():
                with self.subTest(name), terminal:
                    self.assertEqual(terminal.wait(), 0, terminal.screen)
                    self.assertNotIn("\x1b", terminal.screen)
                    self.assertNotIn("Waiting", terminal.screen)
        with open(plain, "rb") as written:
            self.assertEqual(written.read(), b"")

    def test_colour_is_for_single_words_and_can_be_switched_off(self):
        for environment, colour in (({**ABLE, "NO_COLOR": ""}, True), ({**ABLE, "NO_COLOR": "1"}, False),
                                    ({"TERM": "dumb"}, False), ({"TERM": None}, False)):
            with self.subTest(environment):
                with self.program.terminal("token", "--frob", environment=environment) as terminal:
                    self.assertEqual(terminal.wait(), 2)
                begin, end = ("\x1b[31m", "\x1b[0m") if colour else ("", "")
                self.assertTrue(terminal.screen.startswith(f"{begin}oauth-token:{end} There is no option"), terminal.screen)
                with self.program.terminal("doctor", environment=environment) as terminal:
                    terminal.wait()
                begin = "\x1b[32m" if colour else ""
                self.assertRegex(terminal.screen, f"(?m)^{re.escape(begin)}ok{re.escape(end)}       configuration")
                self.assertEqual("\x1b" in terminal.screen, colour)

    def test_a_warning_has_a_colour_of_its_own(self):
        self.server.may_answer.set()
        for environment, word in ((ABLE, "\x1b[33mwarning:\x1b[0m"), ({**ABLE, "NO_COLOR": "1"}, "warning:")):
            with self.program.terminal(*self.words("--insecure-tls", "-o", "token"), environment=environment) as terminal:
                terminal.wait()
            self.assertIn(f"oauth-token: {word} ", terminal.screen)


class KeyringOnTerminal(KeyringTestCase):
    """Whatever a command waits for: here the keyring, which takes two seconds."""

    def setUp(self):
        super().setUp()
        self.server = SlowServer()
        self.addCleanup(self.server.stop)
        self.server.may_answer.set()
        self.addCleanup(self.keyring.cont)
        self.password = self.program.file("pw", "right")

    def sign_in(self, session):
        return ["password", "--token-endpoint", self.server.url(), "--introspection-endpoint", self.server.url("/active"),
                "--revocation-endpoint", self.server.url("/revoke"), "--client-id", "app", "--username", "alice",
                "--password-file", self.password, "--store", "keyring", "--session", session]

    def test_each_command_that_waits_for_the_keyring_says_so(self):
        secret = self.program.file("secret", "client-secret")
        for session in ("a", "b", "c", "d"):
            self.assertEqual(self.program.run(*self.sign_in(session)).status, 0)
        table = [self.sign_in("new"), ["token", "a", "--no-cache"], ["introspect", "a"], ["revoke", "b"],
                 ["forget", "c"], ["store", "move", "d", "file", "--allow-plaintext-store"], ["doctor"],
                 ["profile", "set", "work", "--token-endpoint", self.server.url(), "--client-id", "app",
                  "--client-secret-stdin"]]
        for words in table:
            with self.subTest(words[0]), open(secret, "rb") as given:
                self.keyring.stop()
                with self.program.terminal(*words, environment=ABLE, stdin=given) as terminal:
                    terminal.wait_for("Waiting, 1 s")
                    self.keyring.cont()
                    self.assertGreaterEqual(terminal.wait(), 0)
                    self.assertNotIn("Waiting", "".join(shown(terminal.screen)))


if __name__ == "__main__":
    unittest.main()
