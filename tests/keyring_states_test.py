"""The program when the keyring cannot serve: status 10 within the deadline, a sentence that says what the matter is, and
nothing is sent to the server."""

import json
import os
import subprocess
import tempfile
import time
import unittest

import probe
from fault_server import FaultServer, answering, response
from program import Program
from secret_service import SecretService, no_bus

TOKEN = response(b'{"access_token":"at","token_type":"Bearer","expires_in":3600,"refresh_token":"rt"}',
                 headers=[("Content-Type", "application/json")])
DEADLINE = 1  # s, given as --store-timeout
MARGIN = 15  # s, for starting a program on a busy machine; far below any other limit of the program


# What happens to a keyring that holds a session, and what is said then.
STATES = {
    "locked": (lambda keyring: keyring.lock(), "locked"),
    "stopped": (lambda keyring: keyring.stop(), "did not answer within 1 s"),
    "killed": (lambda keyring: keyring.kill(), "nothing on the session bus offers the Secret Service"),
    "without its bus": (lambda keyring: keyring.end(), "The D-Bus session bus cannot be reached"),
}


def hanging(keyring):
    """Issues a token; from then on the keyring does not answer."""
    def behave(connection):
        while connection.read_request():
            keyring.stop()
            connection.send(TOKEN)

    return behave


class KeyringStatesTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.program = Program()
        self.addCleanup(self.program.close)
        self.server = FaultServer(answering(TOKEN))
        self.addCleanup(self.server.stop)

    def keyring(self, **options):
        keyring = SecretService(**options).start()
        self.addCleanup(keyring.end)
        return keyring

    def sign_in(self, environment, *words, **keywords):
        return self.program.run("password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username",
                                "alice", *words, environment=environment, **keywords)

    def commands(self, environment):
        """Each command that needs the store, as (name, run); a renewal wants the token of the session that is kept."""
        words = ["--store-timeout", str(DEADLINE), "-o", "json"]
        yield "password", lambda: self.sign_in(environment, "--password-stdin", *words, input="secret")
        if list(self.program.state_home.glob("oauth-token/sessions/*.json")):
            for command in ("token", "refresh", "introspect", "revoke"):
                yield command, lambda command=command: self.program.run(command, *words, environment=environment)

    def assert_refused(self, environment, sentence):
        names = []
        for name, run in self.commands(environment):
            with self.subTest(command=name):
                requests = len(self.server.requests)
                begun = time.monotonic()
                done = run()
                self.assertLess(time.monotonic() - begun, DEADLINE + MARGIN)
                self.assertEqual((done.status, done.stdout), (10, ""), done.stderr)
                error = json.loads(done.stderr.splitlines()[-1])
                self.assertEqual((error["class"], error["sent"]), ("store", "no"), error)
                self.assertIn(sentence, error["message"])
                self.assertTrue(error["hint"])
                self.assertEqual(len(self.server.requests), requests, "nothing may be sent")
            names.append(name)
        return names

    def test_a_session_whose_keyring_cannot_serve_any_more(self):
        for name, (happen, sentence) in STATES.items():
            with self.subTest(name):
                keyring = self.keyring()
                environment = keyring.environment()
                signed_in = self.sign_in(environment, "--password-stdin", "--introspection-endpoint",
                                         self.server.url("/i"), "--revocation-endpoint", self.server.url("/r"),
                                         "--replace", input="secret")
                self.assertEqual(signed_in.status, 0, signed_in.stderr)
                happen(keyring)
                self.assertEqual(self.assert_refused(environment, sentence),
                                 ["password", "token", "refresh", "introspect", "revoke"])
                if name == "stopped":
                    keyring.cont()
                    self.assertEqual(self.program.run("token", environment=environment).stdout, "at\n")

    def test_a_machine_without_a_keyring(self):
        self.assert_refused(self.keyring(provider=False).environment(),
                            "nothing on the session bus offers the Secret Service")
        with tempfile.TemporaryDirectory() as folder:
            self.assert_refused(no_bus(folder), "There is no D-Bus session bus")

    def test_nobody_is_asked_for_a_password_that_could_be_kept_nowhere(self):
        keyring = self.keyring(unlocked=False)
        keyring.stop()
        for environment in (keyring.environment(), self.keyring(provider=False).environment()):
            with self.program.terminal("password", "--token-endpoint", self.server.url(), "--client-id", "app",
                                       "--username", "alice", "--store-timeout", str(DEADLINE),
                                       environment=environment) as terminal:
                self.assertEqual(terminal.wait(), 10, terminal.screen)
                self.assertNotIn("Password", terminal.screen)
        self.assertEqual(self.server.connections, 0)

    def test_a_keyring_that_hangs_during_the_request_does_not_swallow_the_token(self):
        keyring = self.keyring()
        with FaultServer(hanging(keyring)) as server:
            done = self.program.run("password", "--token-endpoint", server.url(), "--client-id", "app", "--username",
                                    "alice", "--password-stdin", "--store-timeout", str(DEADLINE), "-o", "json",
                                    environment=keyring.environment(), input="secret")
        keyring.cont()
        self.assertEqual(json.loads(done.stdout)["access_token"], "at", done.stderr)
        self.assertIn(done.status, (0, 10))
        said = json.loads(done.stderr.splitlines()[-1])
        self.assertIn("did not answer within 1 s", json.dumps(said))

    def sign_in_that_is_stopped(self, keyring, url):
        """In a dialog, stopped after 2.5 s, long before the time that the keyring has to answer is over. Returns what came of
        it, and where the keyring goes on from there, the items in it once all is over."""
        with probe.held_token(b"secret", b"s", url, cancel_after_ms=2500, way="keyring",
                              environment=probe.clean_environment(**keyring.environment()),
                              seen=lambda _: keyring.cont()) as held:
            (result,) = held.results
        found = subprocess.run(["secret-tool", "search", "--all", "xdg:schema", "oauth-token.Secret"], text=True, timeout=20,
                               env={**os.environ, **keyring.environment()}, capture_output=True, check=False)
        return result, found.stdout.count("attribute.oauth-token.id = ") + found.stderr.count("attribute.oauth-token.id = ")

    def test_who_stops_a_sign_in_is_free_while_the_keyring_hangs(self):
        keyring = self.keyring()
        keyring.stop()
        result, items = self.sign_in_that_is_stopped(keyring, self.server.url())
        self.assertEqual((result["class"], items), ("interrupted", 0), result)
        self.assertEqual(self.server.connections, 0)

    def test_who_stops_a_sign_in_is_free_while_the_keyring_takes_the_tokens_which_are_kept(self):
        keyring = self.keyring()
        with FaultServer(hanging(keyring)) as server:
            result, items = self.sign_in_that_is_stopped(keyring, server.url())
        self.assertEqual(result["message"], "Interrupted; what was issued is being kept in the background.")
        self.assertEqual((result["class"], items), ("interrupted", 1))

    def test_what_needs_no_keyring_works_without_one(self):
        with tempfile.TemporaryDirectory() as folder:
            environment = no_bus(folder)
            done = self.sign_in(environment, "--password-stdin", "--store", "none", input="secret")
            self.assertEqual((done.status, done.stdout), (0, "at\n"), done.stderr)
            self.assertEqual(self.program.run("list", "-o", "json", environment=environment).stdout, "[]\n")


if __name__ == "__main__":
    unittest.main()
