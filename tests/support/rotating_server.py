"""An authorization server on loopback that rotates refresh tokens and revokes the whole family when one comes back.

    with RotatingServer(grace=10) as server:
        program.sign_in(server)
        server.refreshes, server.reuses, server.attempts

A test interferes through `before_commit` and `after_commit`: functions of a refresh request that may take their time, and
return nothing, or the bytes to answer with instead before the connection ends (b"": it is dropped).
"""

import json
import threading
import time
import urllib.parse
from dataclasses import dataclass

from fault_server import FaultServer, response

JSON = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]


@dataclass
class RefreshToken:
    family: int
    used_at: float = None


class RotatingServer(FaultServer):
    """`grace` is for how many seconds a used refresh token goes on working; None: it is never rotated. `clock` tells the
    time in seconds. `lifetime` is that of the access tokens issued from now on, `extra` more members of the answers.
    """

    def __init__(self, grace=0, clock=time.time, lifetime=3600, tls=None):
        self.grace = grace
        self.clock = clock
        self.lifetime = lifetime
        self.extra = {}
        self.before_commit = self.after_commit = None
        self.tokens = {}  # refresh tokens by their value
        self.revoked = set()  # families
        self.issued = 0  # answers with tokens
        self.attempts = 0  # refresh requests, whatever came of them
        self.refreshes = 0  # those that were answered with tokens
        self.reuses = 0  # those that came with a refresh token of the past
        self.passwords = 0  # password requests
        self._commit = threading.Lock()
        super().__init__(self._behave, tls=tls)

    @property
    def access_token(self):
        """The one issued last."""
        return f"at-{self.issued}"

    @staticmethod
    def form(request):
        return dict(urllib.parse.parse_qsl(request.body.decode()))

    @staticmethod
    def json(members, status=200, headers=()):
        return response(json.dumps(members).encode(), status, [*JSON, *headers])

    def _behave(self, connection):
        while request := connection.read_request():
            form = self.form(request)
            if form.get("grant_type") == "password":
                connection.send(self._sign_in())
                continue
            answer, instead = self._answer(request, form.get("refresh_token"))
            connection.send(answer if instead is None else instead)
            if instead is not None:
                return

    def _sign_in(self):
        with self._commit:
            self.passwords += 1
            return self._issue(len(self.tokens) + 1)

    def _answer(self, request, refresh_token):
        with self._commit:
            self.attempts += 1
        answer, instead = None, self.before_commit and self.before_commit(request)
        if instead is None:
            with self._commit:
                answer = self._refresh(refresh_token)
            instead = self.after_commit and self.after_commit(request)
        return answer, instead

    def _refresh(self, value):
        token = self.tokens.get(value)
        if token is None or token.family in self.revoked:
            return self._refused("unknown, or of a session that was revoked")
        if self.grace is None:
            self.refreshes += 1
            return self._issue(token.family, rotate=False)
        now = self.clock()
        if token.used_at is None:
            token.used_at = now
        elif now - token.used_at > self.grace or self.grace == 0:
            self.reuses += 1
            self.revoked.add(token.family)
            return self._refused("used twice: the session is revoked")
        self.refreshes += 1
        return self._issue(token.family)

    def _issue(self, family, rotate=True):
        self.issued += 1
        members = {"access_token": self.access_token, "token_type": "Bearer", "expires_in": self.lifetime,
                   **self.extra}
        if rotate:
            members["refresh_token"] = f"rt-{self.issued}"
            self.tokens[members["refresh_token"]] = RefreshToken(family)
        return self.json(members)

    def _refused(self, description):
        return self.json({"error": "invalid_grant", "error_description": description}, 400)
