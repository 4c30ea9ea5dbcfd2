"""A state folder that is read-only, full, missing, linked or somebody else's: as an ordinary user, since root writes
everywhere. The status is right, the message says what to mend, nothing is lost, and nothing is sent where the answer could
not be kept."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from ordinary_user import USER, InstalledProgramCase, OrdinaryUser, enter_private_mounts
from renewal_case import RenewalCase


class StateFolderCase(InstalledProgramCase, RenewalCase):
    def setUp(self):
        self.program = OrdinaryUser(self.path)
        self.addCleanup(self.program.close)

    def session_file(self, kind):
        """The session's file in a folder of the state folder, e.g. "locks"."""
        return next(path for path in (self.program.state / kind).iterdir() if not path.name.startswith("name-"))

    def refused_unsent(self, status, *said, words=("refresh",), **options):
        before = self.server.attempts, self.server.passwords
        done = self.program.run(*words, **options)
        self.assertEqual((done.status, done.stdout), (status, ""), done.stderr)
        for text in said:
            self.assertIn(str(text), done.stderr)
        self.assertEqual((self.server.attempts, self.server.passwords), before, "nothing may be sent")

    def sign_in_words(self):
        return ["password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username", "alice",
                "--password-stdin"]


class ReadOnlyTest(StateFolderCase):
    def test_the_answer_could_not_be_kept(self):
        for kind in ("journal", "tokens"):
            with self.subTest(kind):
                self.serve()
                self.renew()
                place = self.program.state / kind
                place.chmod(0o500)
                # A file that is there can be written, but not replaced.
                for file in place.iterdir():
                    file.chmod(0o400)
                self.refused_unsent(10, place, "Permission denied")
                done = self.program.run("token")
                self.assertEqual((done.status, done.stdout), (0, self.server.access_token + "\n"), done.stderr)
                done = self.program.run("token", "--min-valid", "3601")
                self.assertEqual((done.status, done.stdout), (0, self.server.access_token + "\n"), done.stderr)
                self.assertIn("could not be renewed", done.stderr)
                for file in place.iterdir():
                    file.chmod(0o600)
                place.chmod(0o700)
                self.check_whole()

    def test_the_lock_cannot_be_opened(self):
        self.serve()
        lock = self.session_file("locks")
        for path, mode in ((lock, 0o400), (lock.parent, 0o000)):
            with self.subTest(path):
                path.chmod(mode)
                self.refused_unsent(10, lock if path == lock else "locks", "Permission denied")
                path.chmod(0o700 if path.is_dir() else 0o600)
                self.check_whole()

    def test_only_the_public_half_cannot_be_written(self):
        """The tokens are kept, and the next run catches up."""
        self.serve()
        sessions = self.program.state / "sessions"
        sessions.chmod(0o500)
        for _ in range(2):
            done = self.program.run("refresh")
            self.assertEqual((done.status, done.stdout), (0, self.server.access_token + "\n"), done.stderr)
            self.assertIn(f"Cannot write {sessions}/default.json: Permission denied", done.stderr)
        sessions.chmod(0o700)
        self.check_whole()

    def test_signing_in_sends_no_password(self):
        self.serve()
        fresh = self.program.home / "fresh"
        fresh.mkdir()
        os.chown(fresh, USER, USER)
        for place, state in ((self.program.state / "sessions", self.program.state_home),
                             (self.program.state / "tokens", self.program.state_home), (fresh, fresh)):
            with self.subTest(place):
                place.chmod(0o500)
                self.refused_unsent(10, place, words=[*self.sign_in_words(), "--session", "new"], input="secret",
                                    environment={"XDG_STATE_HOME": str(state)})
                place.chmod(0o700)


class FullTest(StateFolderCase):
    """On a file system of a few pages, all but some of them taken."""

    PAGE = 4096

    def setUp(self):
        super().setUp()
        self.mount = self.program.state_home
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={64 * self.PAGE},mode=0700,uid={USER},gid={USER}", "tmpfs",
                        self.mount], check=True)
        self.addCleanup(subprocess.run, ["umount", self.mount], check=True)
        self.filler = self.mount / "filler"

    def leave_free(self, pages):
        self.filler.unlink(missing_ok=True)
        free = os.statvfs(self.mount).f_bavail
        self.filler.write_bytes(bytes(self.PAGE * (free - pages)))
        self.assertEqual(os.statvfs(self.mount).f_bavail, pages)

    def test_no_space_at_all(self):
        self.serve()
        self.leave_free(0)
        self.refused_unsent(10, "No space left on device", "Free some space")
        self.assertEqual(self.program.run("token").stdout, self.server.access_token + "\n")
        self.refused_unsent(10, "space", words=[*self.sign_in_words(), "--session", "new"], input="secret")
        self.filler.unlink()
        self.check_whole()

    def test_any_amount_of_space_that_is_not_enough(self):
        """It is sent only where its answer is kept then, in the store or else in the journal."""
        seen = set()
        for pages in range(32):
            with self.subTest(pages=pages):
                self.filler.unlink(missing_ok=True)
                self.serve()
                self.server.extra = {"note": "x" * 5 * self.PAGE}  # the next answer is larger than the one before
                self.leave_free(pages)
                done = self.program.run("refresh")
                seen.add((done.status, "journal only" in done.stderr))
                if done.status == 0:
                    self.assertEqual((done.stdout, self.server.attempts), (self.server.access_token + "\n", 1))
                    again = self.program.run("token")
                    self.assertEqual(again.status, 0, again.stderr)
                    if "journal only" not in done.stderr:
                        self.assertEqual(again.stdout, done.stdout)
                else:
                    self.assertEqual((done.status, self.server.attempts), (10, 0), done.stderr)
                    self.assertIn("No space left", done.stderr)
                self.filler.unlink()
                self.check_whole()
        self.assertEqual(seen, {(0, False), (0, True), (10, False)})

    def test_no_space_for_an_edited_configuration(self):
        config = self.mount / "config.toml"
        text = '[profiles.work]\nclient-id = "app"\n'
        config.write_text(text)
        config.chmod(0o600)
        os.chown(config, USER, USER)
        self.leave_free(0)
        words = ["profile", "set", "work", "--client-id", "other", "--config", str(config)]
        done = self.program.run(*words)
        self.assertEqual((done.status, done.stdout), (2, ""), done.stderr)
        self.assertIn("No space left on device", done.stderr)
        self.assertEqual((config.read_text(), sorted(os.listdir(self.mount))), (text, ["config.toml", "filler"]))
        self.filler.unlink()
        self.assertEqual(self.program.run(*words).status, 0)
        self.assertEqual(config.read_text(), text.replace("app", "other"))


class HomeTest(StateFolderCase):
    def test_no_home(self):
        self.serve()
        for home in (None, "", "relative/home"):
            with self.subTest(home):
                self.refused_unsent(2, "Neither XDG_STATE_HOME nor HOME", environment={"HOME": home, "XDG_STATE_HOME": None})
        nowhere = {"HOME": "/no-such-home", "XDG_STATE_HOME": None}
        self.refused_unsent(4, "There are no sessions yet.", environment=nowhere)
        self.refused_unsent(10, "/no-such-home", words=self.sign_in_words(), input="secret", environment=nowhere)
        self.check_whole()

    def test_a_home_behind_a_link_is_as_good_as_any(self):
        real, link = self.program.home / "real", self.program.home / "link"
        real.mkdir(mode=0o700)
        link.symlink_to(real)
        self.program.own(self.program.home)
        self.program.environment.update(HOME=str(link))
        del self.program.environment["XDG_STATE_HOME"]
        self.serve()
        self.check_whole()
        self.assertTrue((real / ".local/state/oauth-token/sessions/default.json").is_file())

    def test_the_state_folder_is_a_link(self):
        self.serve()
        self.program.state.rename(self.program.home / "elsewhere")
        self.program.state.symlink_to(self.program.home / "elsewhere")
        self.refused_unsent(2, self.program.state, "is a link")
        self.program.state.unlink()
        (self.program.home / "elsewhere").rename(self.program.state)
        self.check_whole()

    def test_root_in_the_home_of_another(self):
        self.serve()
        record = (self.program.state / "sessions/default.json").read_bytes()
        self.program.prefix = ()
        for words in (["token"], ["refresh"], ["forget"], ["list"], self.sign_in_words()):
            with self.subTest(words):
                self.refused_unsent(2, "You are root", f"belongs to user id {USER}", words=words, input="secret")
        fresh = self.program.home / "fresh"
        fresh.mkdir()
        os.chown(fresh, USER, USER)
        self.refused_unsent(2, "You are root", words=["list"], environment={"XDG_STATE_HOME": str(fresh)})
        self.assertEqual(list(fresh.iterdir()), [])
        self.assertEqual((self.program.state / "sessions/default.json").read_bytes(), record)
        self.program.prefix = OrdinaryUser.prefix
        self.check_whole()


class LinkAndOwnerTest(StateFolderCase):
    def files(self):
        """Of a session that was renewed: lock, record, sealed tokens, journal."""
        self.serve()
        self.renew()
        return [self.session_file(kind) for kind in ("locks", "sessions", "tokens", "journal")]

    def test_a_file_that_is_a_link(self):
        for file in self.files():
            with self.subTest(file):
                real = self.program.home / "real"
                file.rename(real)
                file.symlink_to(real)
                content = real.read_bytes()
                self.refused_unsent(2, file, "is a link")
                self.assertEqual(real.read_bytes(), content)
                file.unlink()
                real.rename(file)
                self.check_whole()

    def test_a_file_of_another_owner(self):
        for file in self.files():
            with self.subTest(file):
                content = file.read_bytes()
                os.chown(file, 0, 0)
                file.chmod(0o666)
                self.refused_unsent(2, file, "belongs to user id 0")
                file.chmod(0o600)
                self.refused_unsent(10, file, "Permission denied")
                self.assertEqual(file.read_bytes(), content)
                os.chown(file, USER, USER)
                self.check_whole()

    def test_a_file_that_others_can_use(self):
        for file in self.files():
            with self.subTest(file):
                file.chmod(0o644)
                self.refused_unsent(2, file, "other users can use it", f"chmod 600 {file}")
                file.chmod(0o600)
                self.check_whole()

    def test_a_folder_that_is_a_link_or_of_another_owner_or_open_to_others(self):
        self.files()
        for folder in (self.program.state, *(self.program.state / kind for kind in ("sessions", "locks", "journal", "tokens"))):
            with self.subTest(folder):
                real = self.program.home / "real"
                folder.rename(real)
                folder.symlink_to(real)
                self.refused_unsent(2, folder, "is a link")
                folder.unlink()
                real.rename(folder)
                os.chown(folder, 0, 0)
                folder.chmod(0o777)
                self.refused_unsent(2, folder, "belongs to user id 0")
                os.chown(folder, USER, USER)
                self.refused_unsent(2, folder, "other users can write to it", f"chmod 700 {folder}")
                folder.chmod(0o700)
                self.check_whole()


if __name__ == "__main__":
    enter_private_mounts()
    unittest.main()
