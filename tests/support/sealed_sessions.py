"""The program on a machine without D-Bus: its sessions are in sealed files.

    with SealedProgram() as program, RotatingServer() as server:
        program.sign_in(server)
        program.run("token")
"""

import base64
import os

from program import Program


def new_store_key():
    """What a key file of the file store may hold, or OAUTH_TOKEN_STORE_KEY."""
    return "base64:" + base64.b64encode(os.urandom(32)).decode()


class SealedProgram(Program):
    def __init__(self, environment=None):
        super().__init__({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent", "OAUTH_TOKEN_STORE": "file"})
        self.key = self.file("store.key", new_store_key())
        self.environment.update(OAUTH_TOKEN_STORE_KEY_FILE=self.key, **(environment or {}))

    def sign_in(self, server, *words, **options):
        """Signs in as alice; RuntimeError where that fails."""
        return sign_in(self, server, *words, **options)


def sign_in(program, server, *words, username="alice", **options):
    done = program.run("password", "--token-endpoint", server.url(), "--client-id", "app", "--username", username,
                       "--password-stdin", *words, input="secret", **options)
    if done.status != 0:
        raise RuntimeError(f"signing in ended with status {done.status}: {done.stderr}")
    return done
