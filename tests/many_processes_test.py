"""Many processes of the program that ask for a token at the same time, when the stored one is over: one of them renews,
and all print what it got."""

import os
import signal
import threading
import time
import unittest

from authorization_servers import Glewlwyd, OidcProvider
from fake_time import fake_time
from many_processes import ask_at_once
from program import Program
from rotating_server import RotatingServer
from sealed_sessions import SealedProgram, sign_in
from secret_service import SecretService


class RotatingServerTest(unittest.TestCase):
    def check(self, program, count, grace):
        with program, RotatingServer(grace, lifetime=1) as server:
            sign_in(program, server)
            server.lifetime = 3600
            time.sleep(1.1)
            # The first one's answer comes only after all others have begun.
            gate = threading.Event()
            server.before_commit = lambda _: gate.wait(120) and None
            statuses, tokens, errors = ask_at_once(program, count, "token", started=gate.set)
            self.assertEqual((set(statuses), errors), ({0}, []))
            self.assertEqual((set(tokens), len(tokens)), ({server.access_token}, count))
            self.assertEqual((server.attempts, server.refreshes, server.reuses), (1, 1, 0))
            self.assertEqual(program.run("refresh")[:2], (0, server.access_token + "\n"))
            self.assertEqual((server.refreshes, server.reuses), (2, 0))

    def keyring_program(self):
        keyring = SecretService().start()
        self.addCleanup(keyring.end)
        # Five hundred programs that start at once keep a small machine busy for longer than a keyring may take.
        return Program({**keyring.environment(), "OAUTH_TOKEN_STORE_TIMEOUT": "120"})

    def test_fifty_with_sealed_files_and_no_grace_time(self):
        self.check(SealedProgram(), 50, 0)

    def test_fifty_with_sealed_files_and_a_grace_time(self):
        self.check(SealedProgram(), 50, 10)

    def test_fifty_with_a_keyring_and_no_grace_time(self):
        self.check(self.keyring_program(), 50, 0)

    def test_fifty_with_a_keyring_and_a_grace_time(self):
        self.check(self.keyring_program(), 50, 10)

    def test_fifty_with_a_server_that_never_rotates(self):
        self.check(SealedProgram(), 50, None)

    def test_five_hundred_with_sealed_files_and_a_grace_time(self):
        self.check(SealedProgram(), 500, 10)

    def test_five_hundred_with_a_keyring_and_no_grace_time(self):
        self.check(self.keyring_program(), 500, 0)


class RealServerTest(unittest.TestCase):
    def check(self, server, *words):
        """`words` are the client's. All ask two hours later, when the first token is over."""
        later = fake_time("+2h")
        with SealedProgram() as program:
            signed_in = program.run("password", "--issuer", server.issuer, "--cacert", server.ca_file, "--username",
                                    server.username, "--password-stdin", *words, input=server.password)
            self.assertEqual(signed_in.status, 0, signed_in.stderr)
            os.kill(int(server.pid), signal.SIGSTOP)  # nobody gets an answer before all have begun
            statuses, tokens, errors = ask_at_once(program, 50, "token", environment=later,
                                                   started=lambda: os.kill(int(server.pid), signal.SIGCONT))
            self.assertEqual((set(statuses), errors), ({0}, []))
            self.assertEqual((len(set(tokens)), len(tokens)), (1, 50))
            self.assertNotEqual(tokens[0] + "\n", signed_in.stdout)
            for _ in range(2):
                done = program.run("refresh", environment=later)
                self.assertEqual(done.status, 0, done.stderr)

    def test_fifty_against_oidc_provider(self):
        with OidcProvider() as server:
            self.check(server, "--client-id", server.client_id_public)
            sent = [dict(request["form"]).get("refresh_token") for request in server.requests("/token")]
            self.assertEqual((len(sent), len(set(sent))), (4, 4), "one password, three refresh tokens")

    def test_fifty_against_glewlwyd(self):
        with Glewlwyd(tls=True) as server, Program() as files:
            secret = files.file("secret", server.client_secret)
            self.check(server, "--client-id", server.client_id, "--client-auth", "client_secret_basic",
                       "--basic-encoding", "raw", "--client-secret-file", secret, "--scope", "openid", "--scope", "scope1")
            issued = [line for line in server.log().splitlines() if "Refresh token generated for client" in line]
            self.assertEqual(len(issued), 4, "one for the password, three for refresh tokens")


if __name__ == "__main__":
    unittest.main()
