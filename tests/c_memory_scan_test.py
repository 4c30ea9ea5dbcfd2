"""After calls of the C API nothing of their secrets is left in the process, whatever became of them."""

import base64
import json
import os
import secrets
import tempfile
import unittest

import memory_scan
import probe
from certificates import AuthorityCase
from fault_server import Connection, FaultServer, response, server_tls

PROGRAM = os.path.join(os.path.dirname(probe.PROGRAM), "c_probe")
METHODS = ("client_secret_basic", "client_secret_post", "client_secret_jwt")


class Secrets:
    """What one run must leave nothing of: `first` and `second` are the tokens of the sign-in and of its renewal."""

    def __init__(self):
        self.password, self.client_secret = memory_scan.canary(), memory_scan.canary()
        self.store_key = base64.b64encode(secrets.token_bytes(32))
        self.first, self.second = ([memory_scan.canary(memory_scan.AWKWARD_IN_TOKENS) for _ in "ar"] for _ in "12")
        self.wanted = {"the password": self.password, "the client secret": self.client_secret,
                       "the store's key": self.store_key}
        for name, (access_token, refresh_token) in (("sign-in", self.first), ("renewal", self.second)):
            self.wanted[f"the access token of the {name}"] = access_token
            self.wanted[f"the refresh token of the {name}"] = refresh_token

    @staticmethod
    def answer(tokens):
        access_token, refresh_token = (token.decode() for token in tokens)
        return json_response({"access_token": access_token, "token_type": "Bearer", "expires_in": 3600,
                              "refresh_token": refresh_token})


def json_response(body, status=200):
    return response(json.dumps(body, ensure_ascii=False).encode(), status, [("Content-Type", "application/json")])


REFUSED = json_response({"error": "invalid_grant"}, 400)


def sending(text):
    return lambda connection: connection.send(text)


def but_its_end(text):
    """Sends nearly all of an answer, and keeps the rest."""
    def send(connection):
        connection.send(text[:-10])
        connection.wait()
    return send


# What the server does with the sign-in and, where that succeeds, with the renewal; the probe's timeout (s) and time to
# cancel (ms); the classes that come of it.
CASES = {
    "a success": (lambda s: (sending(s.answer(s.first)), sending(s.answer(s.second))), 20, 0, ["ok", "ok"]),
    "a refusal": (lambda s: (sending(REFUSED), None), 20, 0, ["credentials"]),
    "a renewal that is refused": (lambda s: (sending(s.answer(s.first)), sending(REFUSED)), 20, 0, ["ok", "reauthenticate"]),
    "a reset": (lambda s: (Connection.reset, None), 20, 0, ["network"]),
    "a renewal that is cut off": (lambda s: (sending(s.answer(s.first)), Connection.reset), 20, 0, ["ok", "network"]),
    "a timeout": (lambda s: (Connection.wait, None), 1, 0, ["timeout"]),
    "a timeout in the answer": (lambda s: (but_its_end(s.answer(s.first)), None), 1, 0, ["timeout"]),
    "a timeout in the answer to a renewal": (
        lambda s: (sending(s.answer(s.first)), but_its_end(s.answer(s.second))), 2, 0, ["ok", "timeout"]),
    "a cancelled request": (lambda s: (Connection.wait, None), 20, 200, ["interrupted"]),
    "a cancelled renewal": (lambda s: (sending(s.answer(s.first)), Connection.wait), 2, -200, ["ok", "interrupted"]),
}


class CMemoryScanTest(AuthorityCase):
    @classmethod
    def setUpClass(cls):
        memory_scan.require_root()
        super().setUpClass()
        cls.tls = server_tls(*cls.authority.certificate("good"))

    def server(self, behaviours):
        for_password, for_refresh = behaviours

        def behave(connection):
            while request := connection.read_request():
                (for_refresh if b"grant_type=refresh_token" in request.body else for_password)(connection)

        return FaultServer(behave, tls=self.tls)

    def held(self, way, secret, server, method=METHODS[0], timeout=20, cancel_after=0):
        state = tempfile.TemporaryDirectory()
        self.addCleanup(state.cleanup)
        words = [way, server.url(), self.authority.file, method, str(timeout), str(cancel_after), state.name]
        return probe.Held(lambda *descriptors: [PROGRAM, *words, *map(str, descriptors)], secret.password,
                          secret.client_secret, secret.store_key)

    def test_nothing_is_left_of_a_session(self):
        for name, (behaviours, timeout, cancel_after, classes) in CASES.items():
            secret = Secrets()
            with self.subTest(name), self.server(behaviours(secret)) as server, \
                    self.held("session", secret, server, timeout=timeout, cancel_after=cancel_after) as held:
                self.assertEqual([result["class"] for result in held.results], classes, held.results)
                self.assertEqual(memory_scan.scan(held.pid, secret.wanted), [])

    def test_nothing_is_left_of_a_request(self):
        for name, (behaviours, timeout, cancel_after, classes) in CASES.items():
            for method in METHODS if name == "a success" else METHODS[:1]:
                secret = Secrets()
                with self.subTest(name, method=method), self.server(behaviours(secret)) as server, \
                        self.held("client", secret, server, method, timeout, cancel_after) as held:
                    self.assertEqual([result["class"] for result in held.results], classes[:1], held.results)
                    self.assertEqual(memory_scan.scan(held.pid, secret.wanted), [])

    def test_what_is_over_is_gone_while_the_handles_are_there(self):
        secret = Secrets()
        behaviours = sending(secret.answer(secret.first)), sending(secret.answer(secret.second))
        with self.server(behaviours) as server, self.held("pauses", secret, server) as held:
            tokens = {name: text for name, text in secret.wanted.items() if "token of" in name}
            password = {"the password": secret.password}
            # Who signed in has freed the token, and is left with settings and what was prepared.
            self.assertEqual(memory_scan.scan(held.pid, {**password, **tokens}), [])
            held.go_on()
            first = {name: text for name, text in tokens.items() if name.endswith("sign-in")}
            self.assertEqual(memory_scan.scan(held.pid, {**password, **first}), [])
            # What the session keeps for the next caller is found: the scan sees what is there.
            self.assertNotEqual(memory_scan.scan(held.pid, {name: tokens[name] for name in tokens if name not in first}), [])
            held.go_on()
            self.assertEqual(memory_scan.scan(held.pid, secret.wanted), [])


if __name__ == "__main__":
    unittest.main()
