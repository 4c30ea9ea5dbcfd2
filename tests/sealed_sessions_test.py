"""Sealed files that somebody has laid hands on: each is told apart, nothing is sent, nothing is written over."""

import os
import pathlib
import unittest

from cli_session_test import Server
from ordinary_user import installed_copy
from program import Program
from sealed_sessions import new_store_key


class SealedSessionsTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.program = Program({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"})
        self.addCleanup(self.program.close)
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.key = pathlib.Path(self.program.file("key", new_store_key()))
        self.sign_in("work")
        self.file, = self.files()

    def files(self):
        return set((self.program.state_home / "oauth-token/tokens").iterdir())

    def sign_in(self, name):
        done = self.program.run("password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username",
                                "alice", "--password-stdin", "--store", "file", "--store-key-file", str(self.key),
                                "--session", name, input="secret")
        self.assertEqual(done.status, 0, done.stderr)

    def everything(self):
        """What may not change: each file of the store with its content, mode and owner."""
        return {path: (path.read_bytes(), path.lstat().st_mode, path.lstat().st_uid) for path in self.files()}

    def refused(self, status, *words):
        """Every command that needs the tokens fails with that status and says so, twice in the same way."""
        before, count = self.everything(), len(self.server.requests)
        for command in (["token", "work"], ["refresh", "work"], ["token", "work"], ["exec", "work", "--", "echo", "ran"],
                        ["store", "move", "work", f"file:{self.program.home}/there"]):
            with self.subTest(command):
                done = self.program.run(*command)
                self.assertEqual((done.status, done.stdout), (125 if command[0] == "exec" else status, ""), done.stderr)
                for word in words:
                    self.assertIn(word, done.stderr)
        self.assertEqual(self.everything(), before)
        self.assertEqual(len(self.server.requests), count, "nothing may be sent")

    def check_well_again(self):
        self.assertEqual(self.program.run("token", "work")[:2], (0, f"at-{self.server.count}\n"))
        self.assertEqual(self.program.run("refresh", "work")[:2], (0, f"at-{self.server.count}\n"))

    def test_wrong_key(self):
        right = self.key.read_bytes()
        self.key.write_text(new_store_key())
        self.refused(10, str(self.file), "key")
        self.key.write_bytes(right)
        self.check_well_again()

    def test_damaged_byte(self):
        good = self.file.read_bytes()
        for at in (len(good) // 2, len(good) - 1):
            self.file.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
            self.refused(10, str(self.file), "damaged")
        self.file.write_bytes(good)
        self.check_well_again()

    def test_truncated(self):
        good = self.file.read_bytes()
        for size in (0, 10, len(good) - 1):
            self.file.write_bytes(good[:size])
            self.refused(10, str(self.file), "damaged")
        self.file.write_bytes(good)
        self.check_well_again()

    def test_swapped_with_another_session_s_file(self):
        good = self.file.read_bytes()
        # Its own server's count would make the first session's refresh token an old one.
        self.sign_in("other")
        other, = self.files() - {self.file}
        self.file.write_bytes(other.read_bytes())
        self.refused(10, str(self.file))
        self.file.write_bytes(good)
        self.assertEqual(self.program.run("token", "work")[:2], (0, "at-1\n"))

    def test_an_older_generation_put_back_is_repaired_from_the_journal(self):
        old = self.file.read_bytes()
        self.assertEqual(self.program.run("refresh", "work")[:2], (0, "at-2\n"))
        self.file.write_bytes(old)
        done = self.program.run("token", "work")
        self.assertEqual(done[:2], (0, "at-2\n"), done.stderr)
        self.assertEqual(self.server.grants(), ["password", "refresh_token"])
        self.check_well_again()

    def test_one_that_is_too_old_for_the_journal_is_recognised_and_not_sent(self):
        old = self.file.read_bytes()
        for _ in range(2):
            self.assertEqual(self.program.run("refresh", "work").status, 0)
        new = self.file.read_bytes()
        self.file.write_bytes(old)
        # The access token in it still lives, which beats an error; its refresh token is an old one.
        for command, status, output in ((["token", "work"], 0, "at-1\n"), (["refresh", "work"], 4, ""),
                                        (["token", "work", "--min-valid", "3700"], 0, "at-1\n")):
            done = self.program.run(*command)
            self.assertEqual((done.status, done.stdout), (status, output), done.stderr)
            self.assertIn("put back to an earlier state", done.stderr)
        self.assertEqual(self.file.read_bytes(), old)
        self.assertEqual(self.server.grants(), ["password", "refresh_token", "refresh_token"])
        self.file.write_bytes(new)
        self.check_well_again()

    def test_world_readable(self):
        for mode in (0o644, 0o640, 0o602):
            self.file.chmod(mode)
            self.refused(2, str(self.file), "other users can use it", "chmod 600")
        self.file.chmod(0o600)
        self.check_well_again()

    def test_foreign_owner(self):
        if os.geteuid() != 0:
            raise AssertionError("this test gives a file to another user: it needs root")
        os.chown(self.file, 1, 1)
        self.refused(2, str(self.file), "it belongs to user id 1")
        os.chown(self.file, 0, 0)
        folder = self.file.parent
        os.chown(folder, 1, 1)
        self.refused(2, str(folder), "user id 1")
        os.chown(folder, 0, 0)
        self.check_well_again()

    def test_symbolic_link(self):
        elsewhere = pathlib.Path(self.program.home) / "elsewhere"
        self.file.rename(elsewhere)
        self.file.symlink_to(elsewhere)
        self.refused(2, str(self.file), "it is a link")
        self.file.unlink()
        elsewhere.rename(self.file)
        self.check_well_again()
        folder = self.file.parent
        folder.rename(elsewhere)
        folder.symlink_to(elsewhere)
        self.refused(2, str(folder), "it is a link")
        folder.unlink()
        elsewhere.rename(folder)
        self.check_well_again()

    def test_nothing_that_can_seal_is_no_reason_to_send_a_password(self):
        self.program.path = installed_copy(self.program.home / "installed")
        for module in (self.program.home / "installed").rglob("oauth_token_crypto.so"):
            module.unlink()
        count = len(self.server.requests)
        done = self.program.run("password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username", "alice",
                                "--password-stdin", "--store", "file", "--store-key-file", str(self.key), input="secret")
        self.assertEqual((done.status, done.stdout, len(self.server.requests)), (1, "", count), done.stderr)
        self.assertIn('The module "crypto" cannot be loaded: there is no /', done.stderr)

    def test_a_new_sign_in_gets_a_session_out_of_each_of_these(self):
        for spoil in (lambda: self.file.write_bytes(b"x"), lambda: self.file.write_bytes(b"")):
            spoil()
            done = self.program.run("forget", "work")
            self.assertEqual(done.status, 0, done.stderr)
            self.sign_in("work")
            self.file, = self.files()
            self.check_well_again()


if __name__ == "__main__":
    unittest.main()
