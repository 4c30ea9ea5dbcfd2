"""The program with KeePassXC as the Secret Service, which writes its database some time after it has confirmed a store."""

import signal
import time
import unittest

from cli_session_test import Server
from doctor import doctor
from keepassxc import KeePassXC
from program import Program
from stores import Store


class KeePassXCTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.keyring = KeePassXC().start()
        self.addCleanup(self.keyring.end)
        self.program = Program(self.keyring.environment())
        self.addCleanup(self.program.close)
        self.server = Server()
        self.addCleanup(self.server.stop)

    def assert_ok(self, expected, *words, **keywords):
        done = self.program.run(*words, **keywords)
        self.assertEqual((done.status, done.stdout), (0, expected), done.stderr)
        return done

    def sign_in(self, *words):
        self.assert_ok("at-1\n", "password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username",
                       "alice", "--password-stdin", *words, input="secret")

    def start_again(self, unlocked=True):
        self.keyring.kill()
        self.keyring.start_provider(unlocked=unlocked)

    def assert_whole(self):
        """The newest token is there without a request, and renewing goes on; no refresh token was used twice."""
        newest = self.server.count
        self.assert_ok(f"at-{newest}\n", "token")
        self.assertEqual(self.server.count, newest)
        for number in (newest + 1, newest + 2):
            self.assert_ok(f"at-{number}\n", "refresh")
        self.assertEqual(self.server.count, len(self.server.requests), "each request must have been granted")

    def test_a_session_from_sign_in_to_forgetting(self):
        self.sign_in()
        self.assertEqual(doctor(self.program).results("keyring"), ["ok"])
        self.assert_whole()
        with Store(self.keyring.environment()) as store:
            self.assertEqual(len(store("list")["ids"]), 1)
            self.assert_ok("", "forget")
            self.assertEqual(store("list"), {"ids": []})
        self.assertEqual(self.program.run("token").status, 4)

    def wait_until_written(self, before):
        deadline = time.monotonic() + 20
        while self.keyring.written() == before:
            self.assertLess(time.monotonic(), deadline, "KeePassXC did not write its database within 20 seconds")
            time.sleep(0.05)

    def test_killed_before_it_has_written_a_confirmed_store_it_is_repaired_from_the_journal(self):
        before = self.keyring.written()
        self.sign_in()
        self.wait_until_written(before)
        before = self.keyring.written()
        self.assert_ok("at-2\n", "refresh")
        self.keyring.kill()
        self.keyring.database.write_bytes(before)  # in case it was quicker this time
        self.keyring.start_provider()
        self.assert_whole()

    def test_killed_one_second_after_a_confirmed_store_it_has_it_or_the_journal_repairs_it(self):
        before = self.keyring.written()
        self.sign_in()
        self.wait_until_written(before)
        self.assert_ok("at-2\n", "refresh")
        time.sleep(1)
        self.start_again()
        self.assert_whole()

    def test_a_locked_database_is_status_10_and_the_session_is_whole_afterwards(self):
        self.sign_in()
        for start_again in (False, True):
            self.keyring.lock()
            if start_again:
                self.start_again(unlocked=False)
            for words in (("token",), ("refresh", "--no-input"), ("forget", "--no-input")):
                done = self.program.run(*words)
                self.assertEqual((done.status, done.stdout), (10, ""), done.stderr)
                self.assertIn("The keyring is locked.", done.stderr)
            found = doctor(self.program)
            self.assertEqual((found.status, found.one("keyring")["message"]), (10, "The keyring is locked."))
            self.assertEqual(self.server.count, len(self.server.requests), "nothing may be sent")
            self.start_again()
            self.assert_whole()

    # --- its dialog

    def test_a_person_unlocks_the_database_and_the_renewal_goes_on(self):
        self.sign_in()
        self.keyring.lock()
        with self.program.terminal("refresh", "--store-timeout", "1") as terminal:
            terminal.wait_until(self.keyring.dialog)
            self.keyring.unlock()
            self.assertEqual(terminal.wait(), 0, terminal.screen)
            self.assertIn("at-2", terminal.screen)
        self.assert_whole()

    def test_whoever_does_not_want_to_unlock_it_ends_the_wait(self):
        self.sign_in()
        self.keyring.lock()
        with self.program.terminal("refresh", "--store-timeout", "1") as terminal:
            terminal.wait_until(self.keyring.dialog)
            terminal.type("\x03")
            self.assertEqual(terminal.wait(), -signal.SIGINT, terminal.screen)
        self.assertEqual(len(self.server.requests), 1)
        self.start_again()
        self.assert_whole()

    def test_no_dialog_is_shown_to_nobody(self):
        self.sign_in()
        self.keyring.lock()
        self.assertEqual(self.program.run("refresh", "--store-timeout", "1").status, 10)
        self.assertEqual(self.keyring.dialog(), "")


if __name__ == "__main__":
    unittest.main()
