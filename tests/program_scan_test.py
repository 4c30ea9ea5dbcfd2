"""Over https, wherever password and client secret come from and wherever the session goes: after the request neither is in
the program any more. It is held up by a full pipe while it prints."""

import json
import os
import re
import tempfile
import unittest
import urllib.parse

import memory_scan
from certificates import Authority
from fault_server import FaultServer, answering, response, server_tls
from full_pipe import FullPipe, wait_until_held_up
from keyring_case import KeyringTestCase

JSON = [("Content-Type", "application/json")]
REFUSED = answering(response(b'{"error":"invalid_client"}', 401, JSON))


class Server(FaultServer):
    """Over https; every token that it issues is a secret of its own, the newest last."""

    def __init__(self, tls):
        self.token_type = "Bearer"
        self.access_tokens = []
        self.refresh_tokens = []
        super().__init__(self._behave, tls=tls)

    def _behave(self, connection):
        while connection.read_request():
            for tokens in (self.access_tokens, self.refresh_tokens):
                tokens.append(os.urandom(30).hex().encode())
            answer = {"access_token": self.access_tokens[-1].decode(), "token_type": self.token_type, "expires_in": 3600,
                      "refresh_token": self.refresh_tokens[-1].decode()}
            connection.send(response(json.dumps(answer).encode(), headers=JSON))

    def form(self, number):
        return dict(urllib.parse.parse_qsl(self.requests[number].body.decode()))


class ProgramScanTest(KeyringTestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        memory_scan.require_root()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.authority = Authority(folder.name)
        cls.tls = server_tls(*cls.authority.certificate("good"))

    def setUp(self):
        super().setUp()
        self.password, self.client_secret = memory_scan.canary(), memory_scan.canary()

    def server(self, *behaviours):
        server = FaultServer(*behaviours, tls=self.tls) if behaviours else Server(self.tls)
        self.addCleanup(server.stop)
        return server

    def words(self, server, *more):
        return ["password", "--token-endpoint", server.url(), "--cacert", self.authority.file, "--client-id", "app",
                "--username", "alice", *more]

    def sources(self):
        """(name, options, variables, what to do on the terminal) of every way to give the two secrets."""
        password = self.program.file("password", self.password + b"\n")
        secret = self.program.file("client-secret", self.client_secret + b"\n")
        askpass = self.program.file("askpass", f"#!/bin/sh\ncat {password}\n", 0o700)
        from_file = ["--client-secret-file", secret]
        yield "files", ["--password-file", password, *from_file], {}, None
        yield "variables", [], {"OAUTH_TOKEN_PASSWORD": self.password, "OAUTH_TOKEN_CLIENT_SECRET": self.client_secret}, None
        yield "commands", ["--password-command", f"cat {password}", "--client-secret-command", f"cat {secret}"], {}, None
        yield "askpass", ["--askpass", askpass, *from_file], {}, None
        yield "the prompt", from_file, {}, self.type_password

    def type_password(self, terminal):
        terminal.wait_for("Password")
        terminal.wait_until(lambda: not terminal.echo())
        terminal.type(self.password + b"\n")

    def held_up(self, words, stream, environment=None, act=None, **wanted):
        """What a scan finds while the program waits to write to `stream`; `wanted` beside the two secrets."""
        with FullPipe() as pipe, open(os.devnull, "wb") as nothing:
            streams = {"stdout": nothing, "stderr": nothing, stream: pipe.writing}
            with self.program.terminal(*words, environment=environment, **streams) as terminal:
                if act:
                    act(terminal)
                wait_until_held_up(terminal.process)
                looked_for = {name: value() for name, value in wanted.items()}
                return memory_scan.scan(terminal.process.pid, {"the password": self.password, "the client secret":
                                                               self.client_secret, **looked_for})

    def assert_only_the_token(self, found):
        """The scan is known to see: the token that is being printed is found."""
        self.assertTrue([line for line in found if " of access_token in " in line], "the scan found no token")
        self.assertEqual([line for line in found if " of access_token in " not in line], [])

    def test_after_a_token_from_every_source(self):
        for name, words, environment, act in self.sources():
            with self.subTest(name):
                server = self.server()
                found = self.held_up(self.words(server, "--store", "none", "-o", "token", *words), "stdout", environment, act,
                                     access_token=lambda: server.access_tokens[-1])
                self.assert_only_the_token(found)
                self.assertEqual(server.form(0)["password"], self.password.decode())

    def test_after_a_401_from_every_source(self):
        for name, words, environment, act in self.sources():
            with self.subTest(name):
                server = self.server(REFUSED)
                self.assertEqual(self.held_up(self.words(server, "--store", "none", *words), "stderr", environment, act), [])
                self.assertEqual(len(server.requests), 1)

    def test_with_the_keyring_from_sign_in_to_renewal(self):
        for method in ("client_secret_basic", "client_secret_post", "client_secret_jwt"):
            with self.subTest(method):
                server = self.server()
                for name, words, environment, act in list(self.sources())[-1:] + list(self.sources())[:1]:
                    with self.subTest(name):
                        found = self.held_up(self.words(server, "--client-auth", method, "--replace", "-o", "token", *words),
                                             "stdout", environment, act, access_token=lambda: server.access_tokens[-1])
                        self.assert_only_the_token(found)
                for command in ("token", "refresh"):
                    with self.subTest(command):
                        found = self.held_up([command, "-o", "token"], "stdout",
                                             access_token=lambda: server.access_tokens[-1])
                        self.assert_only_the_token(found)
                used = server.refresh_tokens[-1]
                found = self.held_up(["refresh", "-o", "token"], "stdout", access_token=lambda: server.access_tokens[-1],
                                     the_used_refresh_token=lambda: used)
                self.assert_only_the_token(found)
                self.assertEqual(server.form(-1)["refresh_token"], used.decode())

    def test_a_client_secret_that_the_keyring_keeps(self):
        server = self.server()
        done = self.program.run("profile", "set", "work", "--token-endpoint", server.url(), "--client-id", "app",
                                "--cacert", self.authority.file, "--client-secret-stdin", input=self.client_secret)
        self.assertEqual(done.status, 0, done.stderr)
        found = self.held_up(["client-credentials", "work"], "stdout", access_token=lambda: server.access_tokens[-1])
        self.assert_only_the_token(found)
        self.assertEqual(len(server.requests), 1)

    def test_a_refresh_token_that_the_caller_keeps(self):
        server = self.server()
        old = os.urandom(30).hex().encode()
        kept = self.program.file("rt", old)
        secret = self.program.file("client-secret", self.client_secret)
        found = self.held_up(["refresh", "--token-endpoint", server.url(), "--cacert", self.authority.file, "--client-id",
                              "app", "--client-secret-file", secret, "--refresh-token-file", kept, "--write-refresh-token",
                              kept], "stdout", access_token=lambda: server.access_tokens[-1],
                             the_old_refresh_token=lambda: old)
        self.assert_only_the_token(found)
        self.assertEqual(server.form(0)["refresh_token"], old.decode())

    def test_the_key_that_the_tokens_of_a_session_are_bound_to(self):
        server = self.server()
        server.token_type = "DPoP"
        in_the_open = ["--store", "file", "--allow-plaintext-store"]
        _, words, environment, act = next(self.sources())

        def key():
            [file] = [file for file in (self.program.state_home / "oauth-token/tokens").iterdir() if file.is_file()]
            return re.search(rb'\\"d\\":\\"([\w-]{40,})', file.read_bytes())[1]

        found = self.held_up(self.words(server, "--dpop", *in_the_open, "-o", "token", *words), "stdout", environment, act,
                             access_token=lambda: server.access_tokens[-1], the_key=key)
        self.assert_only_the_token(found)
        for command in (["refresh", "-o", "token"], ["dpop-proof", "GET", "https://api.example/", "-o", "header"]):
            with self.subTest(command[0]):
                found = self.held_up([*command, "--allow-plaintext-store"], "stdout",
                                     access_token=lambda: server.access_tokens[-1], the_key=key)
                self.assert_only_the_token(found)


if __name__ == "__main__":
    unittest.main()
