"""Help: a screen for each command, ending with two examples that do what they say."""

import json
import os
import re
import subprocess
import unittest

from fault_server import FaultServer, response
from help import commands, examples
from program import Program

SCREEN = (24, 80)
TOKENS = {"access_token": "at", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "rt", "active": True}
FILES = ("rt", "assertion.jwt", "secret.txt", "key.pem", "users.csv", "users.jsonl")
# Runs one example as it stands; those that would ask a server are told to show what they would send.
SHELL = r"""
oauth-token() {
  local words=("$@") i
  for ((i = 0; i < $#; i++)); do [[ ${words[i]} != -- ]] || break; done
  command oauth-token "${words[@]:0:i}" $more "${words[@]:i}"
}
curl() { cat >/dev/null; }
docker() { cat >/dev/null; }
nonce=abc
set -euo pipefail
eval "$1"
"""


class Screens(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = Program()
        cls.addClassCleanup(cls.program.close)
        cls.commands = commands(cls.program)

    def help(self, *words):
        done = self.program.run(*words)
        self.assertEqual((done.status, done.stderr), (0, ""), words)
        return done.stdout

    def test_each_command_fits_a_screen_and_ends_with_two_examples(self):
        self.assertGreater(len(self.commands), 20)
        for command in [*self.commands, "profile", "store"]:
            with self.subTest(command=command):
                lines = self.help(*command.split(), "--help").splitlines()
                self.assertLessEqual(len(lines), SCREEN[0])
                self.assertLessEqual(max(map(len, lines)), SCREEN[1])
                self.assertTrue(lines[0].startswith(f"Usage: oauth-token {command} "), lines[0])
                self.assertGreaterEqual(len(examples(self.program, command)), 2)

    def test_all_commands_are_listed_in_a_screen_and_a_few_lines(self):
        lines = self.help("--help").splitlines()
        self.assertLessEqual(len(lines), 30)
        self.assertLessEqual(max(map(len, lines)), SCREEN[1])
        self.assertEqual(len(examples(self.program, "")), 2)

    def test_all_options_are_explained_in_lines_of_a_screen(self):
        for command in self.commands:
            with self.subTest(command=command):
                short, full = (self.help(*command.split(), "--help", *more) for more in ([], ["-v"]))
                self.assertLessEqual(max(map(len, full.splitlines())), SCREEN[1])
                options = re.findall(r"(?m)^  (?:-\w, )?--([a-z-]+)", full)
                self.assertIn(f"(all {len(options)} of them: --help -v)", short)
                self.assertEqual(full.split("\nExamples:\n")[1], short.split("\nExamples:\n")[1])

    def test_it_can_be_asked_for_in_each_way(self):
        for command in ("password", "profile", "profile set"):
            expected = self.help(*command.split(), "--help")
            for words in (f"{command} -h", f"help {command}", f"--help {command}"):
                with self.subTest(words):
                    self.assertEqual(self.help(*words.split()), expected)
        self.assertEqual(self.help("profile", "help", "set"), self.help("profile", "set", "--help"))
        self.assertEqual(self.help("profile", "help"), self.help("profile", "--help"))
        self.assertEqual(self.help("help"), self.help("--help"))

    def test_version(self):
        self.assertRegex(self.help("--version"), r"^oauth-token \d+\.\d+\.\d+\n$")


class Examples(unittest.TestCase):
    """Each in a home with a profile and a session that are called "work"."""

    def setUp(self):
        self.program = Program({"OAUTH_TOKEN_STORE_KEY": "base64:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="})
        self.addCleanup(self.program.close)
        self.server = FaultServer(self.answer)
        self.addCleanup(self.server.stop)
        for name in FILES:
            self.program.file(name, "rt")
        key = subprocess.run(["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout"], capture_output=True, check=True)
        self.program.file("key.pem", key.stdout)
        self.program.file(".config/store.key", f"base64:{'c' * 43}=")
        self.program.file(".config/fish/completions/others.fish", "")
        self.program.file("deploy.sh", "#!/bin/sh\n", 0o700)
        links = self.program.home / "bin"
        links.mkdir()
        (links / "oauth-token").symlink_to(self.program.path)
        self.path = f"{links}:{os.environ['PATH']}"

    def answer(self, connection):
        headers = [("Content-Type", "application/json")]
        while request := connection.read_request():
            kind = "DPoP" if request.header("dpop") else "Bearer"
            connection.send(response(json.dumps({**TOKENS, "token_type": kind}).encode(), headers=headers))

    def sign_in(self, command):
        more = {"dpop-proof": 'dpop = "required"\n', "discover": 'issuer = "https://as.example"\n'}.get(command, "")
        endpoints = "".join(f'{name}-endpoint = "{self.server.url()}"\n' for name in ("token", "introspection", "revocation"))
        home = self.program.home
        for file in ("config/oauth-token/config.toml", "config.toml"):
            self.program.file(
                file, f'[profiles.work]\n{more}{endpoints if command != "discover" else ""}client-id = "app"\n'
                f'signing-key = "{home}/key.pem"\nstore = "file:{home}/elsewhere"\n')
        if command != "discover":
            done = self.program.run(
                "password", "work", "--username", "alice", "--password-stdin", "--replace", "-o", "none", input="secret")
            self.assertEqual((done.status, done.stderr), (0, ""))

    def run_example(self, text, more):
        # Nobody listens at the proxy: what is meant for another machine ends there.
        environment = {**self.program.environment, "PATH": self.path, "more": more, "https_proxy": "http://127.0.0.1:1"}
        return subprocess.run(["bash", "--norc", "-c", SHELL, "bash", text], env=environment, cwd=self.program.home,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)

    def test_each_does_what_it_says(self):
        for command in commands(self.program):
            options = self.program.run(*command.split(), "--help", "-v").stdout
            for text in examples(self.program, command):
                with self.subTest(example=text):
                    self.sign_in(command)
                    done = self.run_example(text, "--dry-run" if "--dry-run" in options else "")
                    if command == "doctor":  # has found what is wrong here
                        self.assertIn(done.returncode, (0, 7, 10), done.stderr)
                    elif done.returncode == 10:
                        self.assertIn("no D-Bus session bus, so no keyring", done.stderr)
                    else:
                        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
