"""A store that fails before, during or after a renewal: the status, what is said, and the session is whole afterwards."""

import json
import pathlib
import shutil
import threading
import time
import unittest

from program import Program
from renewal_case import RenewalCase
from rotating_server import RotatingServer
from secret_service import SecretService

FAULTS = {  # how the keyring fails, what the message says, how it is mended
    "locked": (SecretService.lock, "locked", SecretService.unlock),
    "stopped": (SecretService.stop, "did not answer", SecretService.cont),
    "killed": (SecretService.kill, "Secret Service", SecretService.start_provider),
}


class KeyringCase(RenewalCase):
    def setUp(self):
        self.keyring = SecretService().start()
        self.addCleanup(self.keyring.end)
        self.program = Program({**self.keyring.environment(), "OAUTH_TOKEN_STORE_TIMEOUT": "2"})
        self.addCleanup(self.program.close)
        self.files = pathlib.Path(self.keyring.own_environment()["XDG_DATA_HOME"]) / "keyrings"

    def restart_with(self, files=None):
        """As after a restored backup: the provider finds these files."""
        self.keyring.kill()
        if files:
            shutil.rmtree(self.files)
            shutil.copytree(files, self.files)
        self.keyring.start_provider()

    def refused_unsent(self, status, said, *words):
        before = self.server.attempts
        error = self.refused("refresh", *words, status=status)
        self.assertIn(said, error["message"])
        self.assertEqual(self.server.attempts, before, "nothing may be sent")
        return error


class KeyringTest(KeyringCase):
    def test_it_fails_before_the_refresh(self):
        self.serve()
        for name, (fail, said, mend) in FAULTS.items():
            with self.subTest(name):
                fail(self.keyring)
                self.assertEqual(self.refused_unsent(10, said)["class"], "store")
                self.assertEqual(self.program.run("token").status, 10)
                mend(self.keyring)
                self.check_whole()

    def test_it_fails_during_the_refresh(self):
        """The journal keeps the tokens, the new one is printed, and the next run takes them over."""
        self.serve()
        for name, (fail, said, mend) in FAULTS.items():
            for hook in ("before_commit", "after_commit"):
                with self.subTest(name, hook=hook):
                    setattr(self.server, hook, lambda _: fail(self.keyring))
                    done = self.program.run("refresh")
                    setattr(self.server, hook, None)
                    self.assertEqual((done.status, done.stdout), (0, self.server.access_token + "\n"), done.stderr)
                    self.assertIn("are kept in the journal only", done.stderr)
                    self.assertIn(f"{self.program.state_home}/oauth-token/journal/", done.stderr)
                    self.assertIn(said, done.stderr)
                    self.assertNotIn("rt-", done.stderr)
                    mend(self.keyring)
                    self.check_whole()

    def test_it_fails_during_a_refresh_that_fails_too(self):
        self.serve()
        for name, (fail, _, mend) in FAULTS.items():
            with self.subTest(name):
                def both(_):
                    fail(self.keyring)
                    return self.server.json({"error": "server_error"}, 500)

                self.server.before_commit = both
                self.assertEqual(self.refused("refresh", "--force")["class"], "server")
                mend(self.keyring)
                self.check_whole()

    def test_it_is_killed_at_some_moment_of_the_store(self):
        self.serve()
        for number in range(12):
            with self.subTest(number):
                timer = threading.Timer(number / 1000, self.keyring.kill)
                self.server.after_commit = lambda _: timer.start()
                done = self.program.run("refresh")
                self.assertEqual((done.status, done.stdout), (0, self.server.access_token + "\n"), done.stderr)
                timer.join()
                self.keyring.start_provider()
                self.check_whole()

    def test_it_is_killed_after_a_confirmed_store(self):
        self.serve()
        for pause in (0, 1):
            self.renew()
            time.sleep(pause)
            self.restart_with()
            self.check_whole()

    def test_yesterdays_copy_of_it(self):
        self.serve()
        self.renew()
        yesterday = self.program.home / "yesterday"
        shutil.copytree(self.files, yesterday)
        self.renew()
        self.restart_with(yesterday)
        self.check_whole()  # one renewal old: the journal has the one after

        shutil.rmtree(yesterday)
        shutil.copytree(self.files, yesterday)
        self.renew()
        self.renew()
        self.restart_with(yesterday)
        error = self.refused_unsent(4, "put back to an earlier state")
        self.assertIn("Sign in again", error["hint"])
        self.serve()
        self.check_whole()

    def test_its_items_are_gone(self):
        self.serve()
        shutil.rmtree(self.files)
        self.restart_with()
        self.refused_unsent(4, "removed, or the store was set up anew")
        self.serve()
        self.check_whole()


class SealedFileTest(RenewalCase):
    def test_yesterdays_copy(self):
        self.serve()
        self.renew()
        sealed = next((self.program.state_home / "oauth-token/tokens").iterdir())
        yesterday = sealed.read_bytes()
        self.renew()
        sealed.write_bytes(yesterday)
        self.check_whole()

        yesterday = sealed.read_bytes()
        self.renew()
        self.renew()
        sealed.write_bytes(yesterday)
        before = self.server.attempts
        self.assertIn("put back to an earlier state", self.refused("refresh", status=4)["message"])
        self.assertEqual((self.server.attempts, sealed.read_bytes()), (before, yesterday))
        # Who insists learns from the server what it thinks of that.
        self.refused("refresh", "--force", status=4)
        self.assertEqual(self.server.reuses, 1)


class RecordTest(RenewalCase):
    """The public half, in the state folder."""

    def test_one_of_a_newer_version_is_left_alone(self):
        self.serve()
        record = self.program.state_home / "oauth-token/sessions/default.json"
        ours = record.read_text()
        newer = json.dumps({**json.loads(ours), "version": 99, "more": "that we do not know"})
        record.write_text(newer)
        sign_in = ["password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username", "alice",
                   "--password-stdin"]
        for words in (["token"], ["refresh"], ["refresh", "--force"], sign_in, [*sign_in, "--replace"]):
            with self.subTest(words):
                self.assertIn("newer version", self.refused(*words, status=10, input="secret")["message"])
        self.assertEqual(record.read_text(), newer)
        self.assertEqual((self.server.attempts, self.server.passwords), (0, 1))
        record.write_text(ours)
        self.check_whole()

    def test_one_whose_endpoint_was_edited_sends_nothing_anywhere(self):
        self.serve()
        record = self.program.state_home / "oauth-token/sessions/default.json"
        ours = record.read_text()
        with RotatingServer() as elsewhere:
            record.write_text(ours.replace(self.server.url(), elsewhere.url()))
            error = self.refused("refresh", "--force", status=2)
            self.assertIn(elsewhere.url(), error["message"])
            self.assertIn(self.server.url(), error["message"])
            self.assertEqual((elsewhere.connections, self.server.attempts), (0, 0))
        record.write_text(ours)
        self.check_whole()


if __name__ == "__main__":
    unittest.main()
