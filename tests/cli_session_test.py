"""Sessions through the program, with a keyring of their own: what is kept, shown, bound, renewed and forgotten."""

import json
import os
import shlex
import signal
import threading
import unittest
import urllib.parse

from fault_server import FaultServer, response
from keyring_case import KeyringTestCase
from secret_service import SecretService

JSON = [("Content-Type", "application/json")]


class Server(FaultServer):
    """Issues numbered tokens; a refresh token is good once. `answers` takes the place of the next answers."""

    def __init__(self):
        self.answers = []
        self.count = 0
        self.active = True
        super().__init__(self._behave)

    def _behave(self, connection):
        while request := connection.read_request():
            connection.send(self.answers.pop(0) if self.answers else self._answer(request))

    def _answer(self, request):
        form = self.form(request)
        if request.target == "/introspect":
            return self._json({"active": self.active, "username": "alice", "note": "\u202e"})
        if request.target == "/revoke":
            return response(b"")
        if form["grant_type"] == "refresh_token" and form["refresh_token"] != f"rt-{self.count}":
            return self._json({"error": "invalid_grant", "error_description": "used twice"}, 400)
        if form["grant_type"] == "password" and form["password"] != "secret":
            return self._json({"error": "invalid_grant"}, 400)
        self.count += 1
        return self._json({"access_token": f"at-{self.count}", "token_type": "Bearer", "expires_in": 3600,
                           "refresh_token": f"rt-{self.count}"})

    @staticmethod
    def _json(members, status=200):
        return response(json.dumps(members).encode(), status, JSON)

    @staticmethod
    def form(request):
        return dict(urllib.parse.parse_qsl(request.body.decode()))

    def grants(self):
        return [self.form(request).get("grant_type") for request in self.requests]


class SessionTest(KeyringTestCase):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.server = Server()
        self.addCleanup(self.server.stop)

    def endpoints(self):
        return ["--token-endpoint", self.server.url(), "--introspection-endpoint", self.server.url("/introspect"),
                "--revocation-endpoint", self.server.url("/revoke"), "--client-id", "app"]

    def sign_in(self, *words, username="alice", password="secret", **options):
        return self.program.run("password", *self.endpoints(), "--username", username, "--password-stdin", *words,
                                input=password, **options)

    def run_ok(self, *words, **keywords):
        done = self.program.run(*words, **keywords)
        self.assertEqual(done.status, 0, done.stderr)
        return done

    def refused(self, *words, status=2, **keywords):
        before = len(self.server.requests)
        done = self.program.run(*words, **keywords)
        self.assertEqual((done.status, done.stdout), (status, ""), done.stderr)
        self.assertEqual(len(self.server.requests), before, "nothing may be sent")
        return done.stderr

    def test_a_session_from_sign_in_to_revocation(self):
        self.assertEqual(self.sign_in("--scope", "read").stdout, "at-1\n")
        self.assertEqual(self.run_ok("token").stdout, "at-1\n")
        self.assertEqual(self.run_ok("token", "--no-cache").stdout, "at-1\n")
        self.assertEqual(self.server.grants(), ["password"])
        self.assertEqual(self.run_ok("refresh").stdout, "at-2\n")
        self.assertEqual(self.run_ok("token", "default", "-o", "header").stdout, "Authorization: Bearer at-2\n")
        self.assertEqual(self.run_ok("token", "--min-valid", "4000").stdout, "at-3\n")
        self.assertEqual(self.server.grants(), ["password", "refresh_token", "refresh_token"])
        answer = json.loads(self.run_ok("token", "-o", "json").stdout)
        self.assertEqual((answer["session"], answer["scope"]), ("default", "read"))
        introspected = self.run_ok("introspect")
        self.assertEqual(json.loads(introspected.stdout), {"active": True, "username": "alice", "note": "\u202e"})
        self.assertNotIn("\u202e", introspected.stdout)
        self.assertEqual(self.run_ok("introspect", "--field", "username").stdout, "alice\n")
        self.server.active = False
        self.assertEqual(self.program.run("introspect").status, 4)
        self.assertEqual(self.run_ok("revoke").stdout, "")
        revoked = [self.server.form(request)["token"] for request in self.server.requests[-2:]]
        self.assertEqual(revoked, ["rt-3", "at-3"])
        self.refused("token", status=4)

    def test_list_and_show_hold_no_secret(self):
        self.sign_in("--session", "work", "--scope", "b", "--scope", "a")
        self.sign_in("--session", "bob", username="bob")
        table = self.run_ok("list").stdout.splitlines()
        self.assertEqual([line.split()[0] for line in table], ["SESSION", "bob", "work"])
        sessions = json.loads(self.run_ok("list", "-o", "json").stdout)
        self.assertEqual([(each["name"], each["username"], each["state"]) for each in sessions],
                         [("bob", "bob", "valid"), ("work", "alice", "valid")])
        shown = json.loads(self.run_ok("show", "work", "-o", "json").stdout)
        self.assertEqual((shown["token_endpoint"], shown["client_id"], shown["scope"], shown["store"]),
                         (self.server.url(), "app", "b a", "keyring"))
        self.assertIn("username: ", self.run_ok("show", "work").stdout)
        everything = self.run_ok("list", "-o", "json").stdout + self.run_ok("show", "work").stdout
        for secret in ("at-1", "rt-1", "secret"):
            self.assertNotIn(f'"{secret}"', everything)
        self.run_ok("forget", "work")
        self.refused("show", "work")
        self.assertEqual(len(json.loads(self.run_ok("list", "-o", "json").stdout)), 1)

    def test_a_session_is_bound_to_its_server(self):
        secret = self.program.file("ca.pem", "none")
        self.sign_in("--session", "work")
        table = [["--issuer", "https://evil.example"], ["--token-endpoint", "https://evil.example/token"],
                 ["--introspection-endpoint", "https://evil.example/i"],
                 ["--revocation-endpoint", "https://evil.example/r"], ["--client-id", "other"],
                 ["--client-auth", "client_secret_post"], ["--basic-encoding", "raw"], ["--cacert", secret]]
        for command in ("token", "refresh", "introspect", "revoke"):
            for words in table:
                with self.subTest(command=command, words=words):
                    said = self.refused(command, "work", *words)
                    self.assertIn(words[1], said)
        for words in (["--scope", "more"], ["--username", "bob"], ["--resource", "https://r.example"]):
            with self.subTest(words):
                said = self.refused("token", "work", *words)
                self.assertIn(words[1], said)
                self.assertIn(f"Leave {words[0]} out", said)
        for words in (["--param", "a=b"], ["--param-file", "totp=x"], ["--header", "X: y"], ["--proxy", "http://p:1"]):
            with self.subTest(words):
                self.assertIn(words[0] + " cannot change the session", self.refused("token", "work", *words))
        for name, value in (("TOKEN_ENDPOINT", "https://evil.example/token"), ("CLIENT_ID", "other"), ("SCOPE", "more")):
            with self.subTest(name):
                self.assertIn(value, self.refused("token", "work", environment={f"OAUTH_TOKEN_{name}": value}))
        for key, value in (("token-endpoint", "https://evil.example/token"), ("client-id", "other")):
            with self.subTest(key):
                path = self.program.file("config/oauth-token/config.toml", f'[profiles.work]\n{key} = "{value}"\n')
                self.program.home.joinpath("config/oauth-token").chmod(0o700)
                self.assertIn(value, self.refused("token", "work", "--config", path))
                self.assertIn(value, self.refused("refresh", "work"))
        self.run_ok("token", "work", "--config", self.program.file("empty.toml", ""), "--client-id", "app",
                    "--token-endpoint", self.server.url())

    def test_a_scope_that_is_named_twice_is_the_same_everywhere(self):
        twice = ["--scope", "a", "--scope", "b", "--scope", "a"]
        self.sign_in("--session", "work", "--scope", "b", "--scope", "a")
        self.run_ok("token", "work", *twice)
        self.sign_in("--session", "work", *twice)
        self.run_ok("token", "work", "--scope", "a", "--scope", "b")

    def test_signing_in_over_another_session_is_refused_before_the_password_is_asked_for(self):
        self.sign_in()
        said = self.refused("password", *self.endpoints(), "--username", "bob", "--no-input")
        self.assertIn("--session", said)
        self.assertIn("--replace", said)
        self.refused("password", *self.endpoints(), "--username", "alice", "--scope", "x", "--no-input")
        self.assertEqual(self.sign_in(username="alice").stdout, "at-2\n")
        self.assertEqual(self.sign_in("--replace", username="bob").stdout, "at-3\n")
        self.assertEqual(self.run_ok("show", "--field", "username").stdout, "bob\n")

    def test_a_refused_refresh_token_is_status_4_and_tells_what_to_do(self):
        self.sign_in()
        self.server.count = 7
        done = self.program.run("refresh", "-o", "json")
        error = json.loads(done.stderr)
        self.assertEqual((done.status, done.stdout, error["class"], error["error"]),
                         (4, "", "reauthenticate", "invalid_grant"))
        self.refused("refresh", status=4)

    def test_how_a_session_proves_its_client_is_mended_by_signing_in_again(self):
        secret = self.program.file("client-secret", "p:+ %")
        self.assertEqual(self.sign_in().status, 0)
        for words in (["refresh"], ["introspect"], ["revoke"]):
            self.server.answers = [self.server._json({"error": "invalid_client"}, 401)]
            done = self.program.run(*words)
            self.assertEqual(done.status, 6, done.stderr)
            before, _, command = done.stderr.splitlines()[-1].partition(" Sign in again with it: oauth-token ")
            self.assertIn("The session sends no client secret", before)
        pasted = [secret if word == "FILE" else word for word in shlex.split(command)]
        done = self.program.run(*pasted, "--password-stdin", input="secret")
        self.assertEqual(done.status, 0, done.stderr)
        self.assertEqual(len(self.server.requests[-1].header("Authorization")), 1)
        self.server.answers = [self.server._json({"error": "invalid_client"}, 401)]
        done = self.program.run("refresh")
        self.assertEqual(done.status, 6, done.stderr)
        self.assertNotIn("--basic-encoding", done.stderr)
        self.assertIn(" Sign in again if the client is to prove itself in another way: oauth-token password ", done.stderr)

    def test_a_client_secret_that_a_session_lacks_or_does_not_use_is_mended_by_signing_in_again(self):
        secret = self.program.file("client-secret", "s3cret")
        self.assertEqual(self.sign_in().status, 0)
        hint = self.refused("refresh", "--client-secret-file", secret).splitlines()[-1]
        self.assertRegex(hint, "^  Leave it out, .* Sign in again with it: oauth-token password .*--client-secret-file FILE ")
        done = self.sign_in("--client-auth", "client_secret_post", environment={"OAUTH_TOKEN_CLIENT_SECRET": "s3cret"})
        self.assertEqual(done.status, 0, done.stderr)
        hint = self.refused("refresh").splitlines()[-1]
        self.assertNotIn("profile set", hint)
        command = hint.partition(" the session knows where it is: oauth-token ")[2]
        self.run_ok(*[secret if word == "FILE" else word for word in shlex.split(command)], "--password-stdin", input="secret")
        self.run_ok("refresh")

    def test_a_wrong_password_keeps_nothing(self):
        done = self.sign_in(password="wrong")
        self.assertEqual((done.status, done.stdout), (3, ""))
        self.assertEqual(self.run_ok("list", "-o", "json").stdout, "[]\n")

    def test_any_other_grant_is_kept_only_with_session(self):
        words = ["request", "urn:example:grant", *self.endpoints(), "--param", "realm=r"]
        self.run_ok(*words)
        self.assertEqual(self.run_ok("list", "-o", "json").stdout, "[]\n")
        self.run_ok(*words, "--session", "other")
        self.assertEqual(self.run_ok("show", "other", "--field", "grant_type").stdout, "urn:example:grant\n")
        self.run_ok("refresh", "other")
        self.assertEqual(self.server.form(self.server.requests[-1])["realm"], "r")

    def test_dry_run_of_a_renewal_changes_nothing(self):
        self.sign_in()
        for words in (["token"], ["refresh"], ["introspect"], ["revoke"]):
            said = self.program.run(*words, "--dry-run")
            self.assertEqual((said.status, said.stdout), (0, ""), said.stderr)
            self.assertIn("POST " + self.server.url(""), said.stderr)
        self.assertEqual(self.server.grants(), ["password"])
        self.assertEqual(self.run_ok("token").stdout, "at-1\n")

    def test_a_signal_during_a_renewal_waits_for_its_end_and_the_session_lives(self):
        self.sign_in()
        arrived, go_on = threading.Event(), threading.Event()

        def slowly(request):
            arrived.set()
            go_on.wait(20)
            return Server._answer(self.server, request)

        self.server._answer = slowly
        process = self.program.start("refresh", "-o", "json")
        self.addCleanup(process.communicate)
        self.assertTrue(arrived.wait(20))
        process.send_signal(signal.SIGTERM)
        self.assertIn("finishing the renewal", json.loads(process.stderr.readline())["warning"])
        go_on.set()
        self.assertEqual(process.wait(20), -signal.SIGTERM)
        self.assertEqual(process.stdout.read(), b"")
        self.assertEqual(self.run_ok("token").stdout, "at-2\n")
        self.assertEqual(self.server.grants(), ["password", "refresh_token"])

    def test_a_token_that_cannot_be_kept_is_printed_with_status_10(self):
        keyring = SecretService().start()
        self.addCleanup(keyring.end)

        def locking(request):
            keyring.kill()
            return Server._answer(self.server, request)

        self.server._answer = locking
        self.program.environment.update(keyring.environment())
        done = self.sign_in("-o", "json")
        self.assertEqual(done.status, 10, done.stderr)
        self.assertEqual(json.loads(done.stdout)["access_token"], "at-1")
        self.assertEqual(json.loads(done.stderr.splitlines()[-1])["class"], "store")

    def test_a_session_whose_keyring_is_gone_is_forgotten_by_hand(self):
        self.assertEqual(self.sign_in("--session", "work").status, 0)
        self.program.environment.pop("DBUS_SESSION_BUS_ADDRESS")
        self.program.environment["XDG_RUNTIME_DIR"] = str(self.program.runtime_dir)
        said = self.refused("forget", "work", status=10)
        record = said.rstrip().rpartition("remove the session's record by hand: ")[2]
        os.remove(record)
        self.assertEqual(json.loads(self.run_ok("list", "-o", "json").stdout), [])

    def test_without_a_store_nothing_is_asked_and_nothing_sent(self):
        self.program.environment.pop("DBUS_SESSION_BUS_ADDRESS")
        self.program.environment["XDG_RUNTIME_DIR"] = str(self.program.runtime_dir)
        said = self.refused("password", *self.endpoints(), "--username", "alice", "--password-stdin", input="secret",
                            status=10)
        self.assertRegex(said, "keyring|Secret Service|D-Bus")


if __name__ == "__main__":
    unittest.main()
