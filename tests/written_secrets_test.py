"""Nothing secret is ever written in clear: after each command, finished or killed, every file below HOME, the XDG folders
and TMPDIR is searched for every eight bytes of every secret, as it is, form-encoded and in base64."""

import base64
import json
import os
import pathlib
import random
import signal
import time
import unittest

from cli_session_test import Server
from full_pipe import wait_until
from keyring_case import KeyringTestCase
from memory_scan import AWKWARD_IN_TOKENS, canary, forms, pieces
from sealed_sessions import new_store_key


class CanaryServer(Server):
    """All tokens are canaries; `held` keeps the next answer back until the client is gone."""

    def __init__(self):
        self.refresh_token = None
        self.secrets = []
        self.held = False
        super().__init__()

    def _behave(self, connection):
        while request := connection.read_request():
            answer = self._answer(request)
            if self.held:
                connection.wait()
            connection.send(answer)

    def _answer(self, request):
        form = self.form(request)
        if form["grant_type"] == "refresh_token" and form["refresh_token"] != self.refresh_token:
            return self._json({"error": "invalid_grant"}, 400)
        access_token, self.refresh_token = (canary(AWKWARD_IN_TOKENS).decode() for _ in range(2))
        self.secrets += [access_token.encode(), self.refresh_token.encode()]
        return self._json({"access_token": access_token, "token_type": "Bearer", "expires_in": 3600,
                           "refresh_token": self.refresh_token, "id_note": "kept"})


class WrittenSecretsTest(KeyringTestCase):
    def setUp(self):
        super().setUp()
        self.home = pathlib.Path(self.program.home)
        (self.home / "tmp").mkdir()
        self.store_key = new_store_key()
        self.program.environment.update(TMPDIR=str(self.home / "tmp"), OAUTH_TOKEN_STORE_KEY=self.store_key)
        self.server = CanaryServer()
        self.addCleanup(self.server.stop)
        self.password = canary()
        self.allowed = set()

    def secrets(self):
        return [self.password, self.store_key.encode()[7:], *self.server.secrets]

    def places(self):
        """The files that hold a piece of a secret."""
        wanted = set().union(*(pieces(secret) for secret in self.secrets()))
        for folder, _, names in os.walk(self.home):
            for name in names:
                path = pathlib.Path(folder) / name
                data = path.read_bytes() if path.is_file() else b""
                if not wanted.isdisjoint(data[i:i + 8] for i in range(len(data) - 7)):
                    yield path

    def search(self, what):
        """`allowed` are the files that must hold one."""
        self.assertEqual(set(self.places()), self.allowed, what)

    def run_ok(self, *words, **options):
        done = self.program.run(*words, **options)
        self.assertEqual(done.status, 0, done.stderr)
        self.search(words)
        return done.stdout

    def server_options(self):
        return ["--token-endpoint", self.server.url(), "--client-id", "app"]

    def sign_in(self, *options):
        return self.run_ok("password", *self.server_options(), "--username", "alice", "--password-stdin", *options,
                           input=self.password)

    def test_the_search_finds_what_is_there(self):
        for secret in (self.password, self.store_key.encode()[7:]):
            for form in forms(secret):
                for content in (form, b"before" + form[:8], form[-8:] + b"after"):
                    self.allowed = {pathlib.Path(self.program.file("deep/below/planted", content))}
                    self.search("planted")

    def test_no_file_holds_a_secret_in_clear(self):
        for store, other in (("file", "keyring"), ("keyring", "file"), (f"file:{self.home}/there", "file")):
            with self.subTest(store):
                self.sign_in("--store", store, "--replace")
                self.run_ok("token")
                self.run_ok("refresh")
                self.run_ok("token", "--min-valid", "3599", "-o", "json")
                self.run_ok("exec", "--", "true")
                self.run_ok("exec", "--token-fd", "3", "--header-fd", "4", "--", "true")
                self.run_ok("store", "move", "default", other)
                self.run_ok("refresh", "-v")
                self.run_ok("list", "-o", "json")
        self.run_ok("forget")

    def test_the_file_of_exec_is_the_only_one_with_the_token(self):
        self.sign_in("--store", "file")
        token = self.home / "token"
        process = self.program.start("exec", "--refresh-file", str(token), "--", "sleep", "60")
        wait_until(token.exists, "the file")
        self.allowed = {token}
        self.search("exec --refresh-file")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        self.allowed.clear()
        self.search("the end of exec --refresh-file")

    def test_a_refresh_token_that_the_caller_keeps_is_where_the_caller_said_and_nowhere_else(self):
        answer = json.loads(self.sign_in("--store", "none", "-o", "json", "--show-refresh-token"))
        mine = pathlib.Path(self.program.file("mine", answer["refresh_token"]))
        self.allowed.add(mine)
        self.run_ok("refresh", *self.server_options(), "--refresh-token-file", str(mine), "--write-refresh-token", str(mine))
        # Where the delivery fails, the journal keeps the token, sealed.
        done = self.program.run("refresh", *self.server_options(), "--refresh-token-file", str(mine), "--on-rotation", "exit 1")
        self.assertEqual(done.status, 10, done.stderr)
        self.search("a delivery that failed")
        self.assertEqual(mine.stat().st_mode & 0o777, 0o600)

    def test_killed_at_any_moment(self):
        for store in ("file", "keyring"):
            seen = set()
            for moment in self.moments():
                self.sign_in("--store", store, "--replace")
                seen.add(self.killed(moment, "refresh"))
            self.assertEqual(seen, {"committed", "not committed"})
        self.sign_in("--store", "none")
        mine = pathlib.Path(self.program.file("mine", self.server.refresh_token))
        self.allowed.add(mine)
        seen = {self.killed(moment, "refresh", *self.server_options(), "--refresh-token-file", str(mine),
                            "--on-rotation", "cat >/dev/null; sleep 1") for moment in self.moments()}
        self.assertEqual(seen, {"committed", "not committed"})

    def moments(self):
        """Functions of (process, issued): at once, right after the server's commit, later or earlier by chance."""
        chance = random.Random(3)

        def at_the_commit(process, issued):
            wait_until(lambda: len(self.server.secrets) > issued or process.poll() is not None, "the commit")

        def near_the_commit(process, issued):
            at_the_commit(process, issued)
            time.sleep(chance.uniform(0, 0.02))

        def any_time(*_):
            time.sleep(chance.uniform(0, 0.06))

        return [lambda *_: None, at_the_commit, *[any_time, near_the_commit] * 4]

    def killed(self, moment, *words):
        """Says whether the kill came after the server's commit."""
        issued = len(self.server.secrets)
        process = self.program.start(*words)
        moment(process, issued)
        process.kill()
        process.communicate(timeout=20)
        self.server.settle()
        self.search("kill")
        return "committed" if len(self.server.secrets) > issued else "not committed"

    def test_killed_while_an_answer_is_awaited(self):
        self.sign_in("--store", "file")
        self.server.held = True
        count = len(self.server.requests)
        process = self.program.start("refresh")
        wait_until(lambda: len(self.server.requests) > count, "the request")
        self.search("the request")
        process.kill()
        process.communicate(timeout=20)
        self.search("kill")

    def test_no_child_finds_a_secret_in_its_environment_but_the_token_asked_for(self):
        show = self.home / "environment"
        script = self.program.file("show.sh", f"#!/bin/sh\ncat >/dev/null\ncat /proc/$$/environ >{show}\n", mode=0o755)
        self.sign_in("--store", "file")
        more = {"OAUTH_TOKEN_PASSWORD": self.password, "OAUTH_TOKEN_CLIENT_SECRET": self.password}
        token = self.run_ok("token").strip().encode()
        for options, asked in (([], True), (["--env", "T"], True), (["--token-fd", "3"], False),
                               (["--refresh-file", str(self.home / "token")], False)):
            with self.subTest(options):
                done = self.program.run("exec", *options, "--", script, environment=more)
                self.assertEqual(done.status, 0, done.stderr)
                entries = show.read_bytes().split(b"\0")
                self.assertEqual([entry for entry in entries if token in entry],
                                 [b"T=" + token if "--env" in options else b"ACCESS_TOKEN=" + token] if asked else [])
                others = b"\0".join(entry for entry in entries if token not in entry)
                for secret in self.secrets():
                    self.assertFalse([piece for piece in pieces(secret) if piece in others])
                show.unlink()
        mine = self.program.file("mine", self.server.refresh_token)
        done = self.program.run("refresh", *self.server_options(), "--refresh-token-file", mine, "--on-rotation", script,
                                environment={"OAUTH_TOKEN_PASSWORD": self.password})
        self.assertEqual(done.status, 0, done.stderr)
        for secret in self.secrets():
            self.assertFalse([piece for piece in pieces(secret) if piece in show.read_bytes()])


if __name__ == "__main__":
    unittest.main()
