"""The tests' own servers, keyring and terminal do what the other tests count on."""

import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import urllib.error
import urllib.parse
import urllib.request

from support.authorization_servers import Glewlwyd, OidcProvider
from support.program import Program
from support.secret_service import SecretService, no_bus


def post(url, ca_file, **form):
    """Status and JSON members (none for an empty body) of a POST."""
    context = ssl.create_default_context(cafile=ca_file) if ca_file else None
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    try:
        with opener.open(url, urllib.parse.urlencode(form).encode(), timeout=20) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.loads(refusal.read() or b"{}")


class AuthorizationServers(unittest.TestCase):
    def request(self, server, username, password, **more):
        return post(
            server.token_endpoint, server.values.get("CA_FILE"), grant_type="password", username=username,
            password=password, **more
        )

    def test_glewlwyd_issues_and_introspects_a_token(self):
        for tls in (False, True):
            with self.subTest(tls=tls), Glewlwyd(tls=tls) as server:
                client = {"client_id": server.client_id, "client_secret": server.client_secret, "scope": server.scope}
                self.assertEqual(server.issuer.split(":")[0], "https" if tls else "http")
                for user in ("", "_PLAIN", "_EMOJI", "_LEADING", "_TRAILING", "_LONG"):
                    name, password = server.values["USERNAME" + user], server.values["PASSWORD" + user]
                    status, token = self.request(server, name, password, **client)
                    self.assertEqual((name, status), (name, 200))
                self.assertEqual(self.request(server, server.username, "wrong", **client), (403, {}))
                self.assertEqual(
                    self.request(server, server.username_disabled, server.password_disabled, **client), (403, {})
                )
                status, state = post(
                    server.introspection_endpoint, server.values.get("CA_FILE"), token=token["access_token"],
                    client_id=server.client_id, client_secret=server.client_secret,
                )
                self.assertEqual((status, state["active"]), (200, True))

    def test_oidc_provider_issues_tokens_and_records_requests(self):
        with OidcProvider() as server:
            client = {"client_id": server.client_id_public}
            for user in ("", "_EMOJI", "_LEADING", "_TRAILING", "_LONG"):
                name, password = server.values["USERNAME" + user], server.values["PASSWORD" + user]
                status, token = self.request(server, name, password, **client)
                self.assertEqual((name, status), (name, 200))
            self.assertEqual(self.request(server, "bytes", b"caf\xe9", **client)[0], 200)

            server.forget_requests()
            status, refusal = self.request(server, server.username, "wrong", **client)
            self.assertEqual((status, refusal["error"]), (400, "invalid_grant"))
            (received,) = server.requests("/token")
            self.assertEqual(
                received["form"],
                [("grant_type", "password"), ("username", "alice"), ("password", "wrong"), ("client_id", "public-client")],
            )
            self.assertEqual((received["method"], received["status"]), ("POST", 400))

    def test_oidc_provider_revokes_the_session_when_a_refresh_token_comes_twice(self):
        with OidcProvider() as server:

            def refresh(client, token):
                return post(
                    server.token_endpoint, server.ca_file, grant_type="refresh_token", refresh_token=token, client_id=client
                )

            for client, second in ((server.client_id_public, 400), (server.client_id_steady, 200)):
                with self.subTest(client=client):
                    _, first = self.request(server, server.username, server.password, client_id=client)
                    status, renewed = refresh(client, first["refresh_token"])
                    self.assertEqual(status, 200)
                    self.assertEqual(refresh(client, first["refresh_token"])[0], second)
                    self.assertEqual(refresh(client, renewed["refresh_token"])[0], second)


class Keyring(unittest.TestCase):
    def tool(self, environment, *arguments, input=""):
        return subprocess.run(
            ["secret-tool", *arguments], env={"PATH": os.environ["PATH"], **environment}, input=input, text=True,
            capture_output=True, timeout=20, check=False,
        )

    def test_it_keeps_a_secret_through_lock_unlock_and_death(self):
        with SecretService() as keyring:
            stored = self.tool(keyring.environment(), "store", "--label=test", "purpose", "test", input="sécret")
            self.assertEqual((stored.returncode, stored.stderr), (0, ""))

            def look_up():
                return self.tool(keyring.environment(), "lookup", "purpose", "test").stdout

            self.assertEqual(look_up(), "sécret")
            keyring.lock()
            self.assertTrue(keyring.locked())
            self.assertEqual(look_up(), "")
            keyring.unlock()
            self.assertFalse(keyring.locked())
            self.assertEqual(look_up(), "sécret")
            keyring.kill()
            self.assertIn("org.freedesktop.secrets", self.tool(keyring.environment(), "lookup", "a", "b").stderr)
            keyring.start_provider()
            self.assertEqual(look_up(), "sécret")

    def test_it_can_start_locked(self):
        with SecretService(unlocked=False) as keyring:
            self.assertTrue(keyring.locked())

    def test_a_stopped_provider_answers_again_when_continued(self):
        with SecretService() as keyring:
            keyring.stop()
            with self.assertRaises(subprocess.TimeoutExpired):
                subprocess.run(
                    ["secret-tool", "lookup", "a", "b"], env={"PATH": os.environ["PATH"], **keyring.environment()},
                    stdin=subprocess.DEVNULL, capture_output=True, timeout=1, check=False,
                )
            keyring.cont()
            self.assertFalse(keyring.locked())

    def test_a_bus_without_provider_and_no_bus_at_all_are_told_apart(self):
        with SecretService(provider=False) as keyring:
            missing = self.tool(keyring.environment(), "lookup", "a", "b")
            self.assertEqual(missing.returncode, 1)
            self.assertIn("org.freedesktop.secrets", missing.stderr)
        with tempfile.TemporaryDirectory() as folder:
            missing = self.tool(no_bus(folder), "lookup", "a", "b")
            self.assertEqual(missing.returncode, 1)
            self.assertNotIn("org.freedesktop.secrets", missing.stderr)


ASK = """
import getpass, os, sys
secret = getpass.getpass("Secret: ")
print("length", len(secret), os.environ["HOME"] == os.getcwd(), sys.stdin.isatty())
"""

SLEEP_AND_TELL = """
import os, signal, time
signal.signal(signal.SIGCONT, lambda *_: os.write(1, b"continued"))
print("up", flush=True)
for _ in range(600):
    time.sleep(0.1)
"""


class Running(unittest.TestCase):
    """Python itself stands for the program."""

    def setUp(self):
        with unittest.mock.patch.dict(os.environ, OAUTH_TOKEN_PROGRAM=sys.executable):
            self.program = Program()
        self.addCleanup(self.program.close)

    def test_streams_status_and_environment_are_the_programs_own(self):
        code = "import os, sys; print(sys.stdin.read(), sorted(os.environ)); print('bad', file=sys.stderr); sys.exit(7)"
        done = self.program.run("-c", code, input="typed", environment={"EXTRA": "1", "XDG_CACHE_HOME": None})
        self.assertEqual((done.status, done.stderr), (7, "bad\n"))
        self.assertTrue(done.stdout.startswith("typed "))
        self.assertIn("'EXTRA'", done.stdout)
        self.assertNotIn("XDG_CACHE_HOME", done.stdout)
        self.assertNotIn("DBUS_SESSION_BUS_ADDRESS", done.stdout)

    def test_without_a_terminal_there_is_none(self):
        self.assertNotEqual(self.program.run("-c", "open('/dev/tty')").status, 0)

    def test_a_hanging_program_is_killed(self):
        with self.assertRaises(subprocess.TimeoutExpired):
            self.program.run("-c", "import time; time.sleep(60)", timeout=0.5)

    def test_a_terminal_shows_the_prompt_and_its_echo_flag(self):
        with self.program.terminal("-c", ASK, cwd=self.program.home) as terminal:
            terminal.wait_for("Secret: ")
            terminal.wait_until(lambda: not terminal.echo())
            terminal.type("geheim\n")
            terminal.wait_for("length 6 True True")
            self.assertEqual(terminal.wait(), 0)
            self.assertNotIn("geheim", terminal.screen)
            self.assertTrue(terminal.echo())

    def test_a_terminal_controls_a_program_whose_standard_input_is_a_pipe(self):
        with self.program.terminal("-c", ASK, cwd=self.program.home, stdin=subprocess.DEVNULL) as terminal:
            terminal.wait_for("Secret: ")
            terminal.wait_until(lambda: not terminal.echo())
            terminal.type("x\n")
            terminal.wait_for("length 1 True False")
            self.assertEqual(terminal.wait(), 0)

    def test_signals_and_control_keys_reach_the_program(self):
        sleep = "import time; print('up', flush=True); time.sleep(60)"
        with self.program.terminal("-c", sleep) as terminal:
            terminal.wait_for("up")
            terminal.send_signal(signal.SIGTERM)
            self.assertEqual(terminal.wait(), -signal.SIGTERM)
        with self.program.terminal("-c", "import signal; signal.signal(2, signal.SIG_DFL)\n" + sleep) as terminal:
            terminal.wait_for("up")
            terminal.type("\x03")
            self.assertEqual(terminal.wait(), -signal.SIGINT)

    def test_a_shell_stops_and_continues_the_program(self):
        script = self.program.file("sleep.py", SLEEP_AND_TELL)
        with self.program.shell() as shell:
            shell.wait_for("ready> ")
            shell.type(f"oauth-token {script}\n")
            shell.wait_for("up\r\n")
            shell.type("\x1a")
            shell.wait_for("Stopped")
            shell.wait_for("ready> ")
            shell.type("fg\n")
            shell.wait_for("continued")  # the shell hands the terminal over before it continues a job
            shell.type("\x1c")
            shell.wait_for("Quit")
            shell.wait_for("ready> ")
            shell.type("exit\n")
            self.assertEqual(shell.wait() & 0xFF, 128 + signal.SIGQUIT)


if __name__ == "__main__":
    unittest.main()
