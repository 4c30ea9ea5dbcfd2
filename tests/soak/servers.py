"""An authorization server that forgets nothing of importance and does its worst at random, and trouble with the keyring."""

import threading
import time
import urllib.parse

from fault_server import response
from rotating_server import RotatingServer

MOST_REQUESTS = 1000  # kept


class TroubledServer(RotatingServer):
    """`chance` is a random.Random. Faults come while `calm` is False."""

    FAULTS = {  # how many of a thousand requests
        "unavailable": 30, "broken": 10, "too_many": 20, "reset_before": 30, "reset_after": 30, "half": 20, "close": 20,
        "silent": 5, "trickle": 10, "garbage": 10, "late": 30,
    }

    def __init__(self, chance, tls):
        self.chance = chance
        self.calm = False
        self.faults = dict.fromkeys(self.FAULTS, 0)
        self.served = 0
        self._choosing = threading.Lock()
        super().__init__(grace=1, lifetime=20, tls=tls)

    def _behave(self, connection):
        self._forget_the_past()
        while request := connection.read_request():
            fault = self._choose()
            if fault and getattr(self, "_" + fault)(connection, request):
                return
            if not fault:
                connection.send(self._serve_request(request))

    def _choose(self):
        with self._choosing:
            self.served += 1
            kind = None if self.calm else self.chance.choices(
                [*self.FAULTS, None], [*self.FAULTS.values(), 1000 - sum(self.FAULTS.values())])[0]
            if kind:
                self.faults[kind] += 1
            return kind

    def _forget_the_past(self):
        with self.lock:
            self.open = [each for each in self.open if each.fileno() >= 0]
            self.threads = [each for each in self.threads if each.is_alive()]
            for past in (self.requests, self.resumed, self.failures, self.begun):
                del past[:-MOST_REQUESTS]

    def _serve_request(self, request):
        form = self.form(request)
        path = urllib.parse.urlsplit(request.target).path
        if path == "/introspect":
            return self.json({"active": True})
        if path == "/revoke":
            with self._commit:
                if token := self.tokens.get(form.get("token")):
                    self.revoked.add(token.family)
            return response(b"")
        if form.get("grant_type") == "password":
            if form.get("password") != "secret":
                return self._refused("wrong password")
            return self._sign_in()
        return self._answer(request, form.get("refresh_token"))[0]

    # Each returns whether the connection ended with it.

    def _unavailable(self, connection, _):
        connection.send(self.json({"error": "server_error"}, 503))

    def _broken(self, connection, _):
        connection.send(response(b"<html>no</html>", 500, [("Content-Type", "text/html")]))

    def _too_many(self, connection, _):
        connection.send(self.json({"error": "slow_down"}, 429, [("Retry-After", "1")]))

    @staticmethod
    def _reset_before(connection, _):
        connection.reset()
        return True

    def _reset_after(self, connection, request):
        self._serve_request(request)
        connection.reset()
        return True

    def _half(self, connection, request):
        answer = self._serve_request(request)
        connection.send(answer[:len(answer) * 2 // 3])
        return True

    @staticmethod
    def _close(*_):
        return True

    @staticmethod
    def _silent(connection, _):
        connection.wait()
        return True

    def _trickle(self, connection, request):
        connection.trickle(self._serve_request(request), 0.002)

    @staticmethod
    def _garbage(connection, _):
        connection.send(b"\x00\x1bHTTP/9.9 none\r\n\r\n")
        return True

    def _late(self, connection, request):
        time.sleep(0.3)
        connection.send(self._serve_request(request))


class Trouble:
    """Now and then the keyring is locked, hangs or dies, and the server refuses connections; until `end`."""

    def __init__(self, chance, keyring, server, every):
        self.counts = {"keyring locked": 0, "keyring hangs": 0, "keyring dies": 0, "server is down": 0}
        self._chance = chance
        self._keyring = keyring
        self._server = server
        self._every = every
        self._over = threading.Event()
        self._thread = None
        self.failure = None

    def begin(self):
        self._over.clear()
        self._server.calm = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self):
        """From here on all works."""
        self._over.set()
        self._thread.join()
        self._server.calm = True
        if self.failure:
            raise self.failure

    def _run(self):
        try:
            while not self._over.wait(self._chance.expovariate(1 / self._every)):
                kind = self._chance.choices(list(self.counts), [6, 2, 1, 2])[0]
                self.counts[kind] += 1
                self._cause(kind)
        except Exception as failure:
            self.failure = failure

    def _cause(self, kind):
        for_seconds = self._chance.uniform(0.2, 3)
        if kind == "keyring locked":
            self._keyring.lock()
            self._over.wait(for_seconds)
            self._keyring.unlock()
        elif kind == "keyring hangs":
            self._keyring.stop()
            self._over.wait(for_seconds)
            self._keyring.cont()
        elif kind == "keyring dies":
            self._keyring.kill()
            self._over.wait(for_seconds)
            self._keyring.start_provider()
        else:
            self._server.refuse()
            self._over.wait(for_seconds)
            self._server.accept_again()
