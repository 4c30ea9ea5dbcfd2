"""Sessions in sealed files, on a machine without a keyring and without D-Bus."""

import json
import pathlib
import time
import unittest

from cli_session_test import Server
from doctor import doctor
from fault_server import response
from program import Program
from sealed_sessions import new_store_key


class SealedSessionTest(unittest.TestCase):
    def setUp(self):
        self.program = Program({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"})
        self.addCleanup(self.program.close)
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.key = pathlib.Path(self.program.home) / "store.key"
        self.key.write_text(new_store_key())
        self.key.chmod(0o600)

    def sign_in(self, *options, **more):
        return self.program.run("password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username",
                                "alice", "--password-stdin", *options, input=b"secret", **more)

    def written(self):
        home = pathlib.Path(self.program.home)
        return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file() and path != self.key)

    def test_a_session_lives_in_sealed_files_and_renews(self):
        status, output, error = self.sign_in("--store", "file", "--store-key-file", str(self.key))
        self.assertEqual((status, output), (0, "at-1\n"), error)
        self.assertEqual(self.program.run("token")[:2], (0, "at-1\n"))  # the record remembers where the key is
        status, output, error = self.program.run("refresh")
        self.assertEqual((status, output), (0, "at-2\n"), error)
        self.assertEqual(self.program.run("refresh")[:2], (0, "at-3\n"))
        for secret in (b"at-", b"rt-"):
            self.assertNotIn(secret, self.written())

    def test_a_session_that_can_no_longer_be_renewed_says_so_while_its_access_token_lives(self):
        store = ("--store", "file", "--store-key-file", str(self.key), "--session", "work")
        self.sign_in(*store)
        self.server.count += 1  # another one used the refresh token
        self.assertEqual(self.program.run("refresh", "work").status, 4)
        listed, shown = self.program.run("list"), self.program.run("show", "work")
        self.assertIn(" valid, not renewable ", listed.stdout)
        for done in (listed, shown):
            self.assertIn('Session "work" cannot be renewed. Sign in again: oauth-token password ', done.stderr)
        machine = self.program.run("show", "work", "-o", "json")
        record = json.loads(machine.stdout)
        self.assertEqual((record["state"], record["renewable"], machine.stderr), ("valid", False, ""))
        self.assertEqual((record["failure"]["class"], record["failure"]["error"]), ("reauthenticate", "invalid_grant"))
        self.assertEqual(self.program.run("token", "work")[:2], (0, "at-1\n"))
        self.sign_in(*store)
        self.assertEqual(self.program.run("show", "work").stderr, "")
        self.assertNotIn("renewable", json.loads(self.program.run("show", "work", "-o", "json").stdout))

    def test_a_session_without_a_refresh_token_is_not_called_renewable(self):
        store = ("--store", "file", "--store-key-file", str(self.key), "--session", "work")
        answer = {"access_token": "at-0", "token_type": "Bearer"}
        for more, state in (({"expires_in": 3600}, "valid"), ({"expires_in": 1}, "signed out"), ({}, "valid")):
            with self.subTest(more):
                self.server.answers.append(
                    response(json.dumps(answer | more).encode(), 200, [("Content-Type", "application/json")]))
                self.sign_in(*store)
                if state == "signed out":
                    time.sleep(1.1)
                record = json.loads(self.program.run("show", "work", "-o", "json").stdout)
                self.assertEqual((record["state"], record["renewable"]), (state, False))
                listed = self.program.run("list")
                self.assertIn(f" {state}, not renewable " if state == "valid" else f" {state} ", listed.stdout)
                self.assertIn('Session "work" cannot be renewed. Sign in again: oauth-token password ', listed.stderr)
                self.assertIn('"work" cannot be renewed: the server gave it no refresh token',
                              doctor(self.program).one("session")["message"])
        self.sign_in(*store)
        self.assertNotIn("renewable", json.loads(self.program.run("show", "work", "-o", "json").stdout))

    def test_the_key_may_come_from_a_variable(self):
        environment = {"OAUTH_TOKEN_STORE_KEY": self.key.read_text()}
        self.assertEqual(self.sign_in("--store", "file", environment=environment)[:2], (0, "at-1\n"))
        self.assertEqual(self.program.run("token", environment=environment)[:2], (0, "at-1\n"))

    def test_the_key_file_of_the_command_line_beats_the_variable(self):
        other = {"OAUTH_TOKEN_STORE_KEY": new_store_key()}
        flag = ["--store-key-file", str(self.key)]
        self.assertEqual(self.sign_in("--store", "file", *flag, environment=other)[:2], (0, "at-1\n"))
        self.assertEqual(self.program.run("token")[:2], (0, "at-1\n"))
        self.assertEqual(self.program.run("token", environment=other).status, 10)
        for words in (["token"], ["exec", *flag, "--", "sh", "-c", "echo $ACCESS_TOKEN"]):
            more = [] if words[0] == "exec" else flag
            status, output, error = self.program.run(*words, *more, environment=other)
            self.assertEqual((status, output), (0, "at-1\n"), error)
        found = doctor(self.program, "--store", "file", *flag, environment=other)
        self.assertEqual(set(found.results("sealed-files")), {"ok"}, found.checks)

    def test_a_key_file_that_others_can_read_is_a_warning(self):
        self.key.chmod(0o644)
        sentence = f'The file "{self.key}" holds the key of the stored tokens, and other users can read it: chmod 600'
        self.assertIn(sentence, self.sign_in("--store", "file", "--store-key-file", str(self.key)).stderr)
        self.assertEqual(self.program.run("refresh").stderr.count(sentence), 1)
        found = doctor(self.program, "--store", "file")
        self.assertIn({"name": "sealed-files", "result": "warning", "message": f"Other users can read {self.key}, which "
                       "holds the key.", "hint": f"chmod 600 {self.key}"}, found.checks)
        self.key.chmod(0o600)
        self.assertEqual(self.program.run("refresh").stderr, "")

    def test_without_a_key_nothing_is_sent_unless_plain_text_is_asked_for(self):
        status, output, error = self.sign_in("--store", "file")
        self.assertEqual((status, output), (10, ""), error)
        self.assertEqual(self.server.requests, [])
        self.assertEqual(self.sign_in("--store", "file", "--allow-plaintext-store")[:2], (0, "at-1\n"))

    def test_a_wrong_key_is_told_and_the_session_stays(self):
        self.sign_in("--store", "file", "--store-key-file", str(self.key))
        right = self.key.read_bytes()
        self.key.write_text(new_store_key())
        status, output, error = self.program.run("refresh")
        self.assertEqual((status, output), (10, ""), error)
        self.assertIn("key", error)
        self.key.write_bytes(right)
        self.assertEqual(self.program.run("refresh")[:2], (0, "at-2\n"))
        self.assertEqual(self.server.grants(), ["password", "refresh_token"])


if __name__ == "__main__":
    unittest.main()
