"""`store move`: a session's tokens go to another store, and are nowhere lost and nowhere twice."""

import json
import os
import pathlib
import subprocess
import unittest

from cli_session_test import Server
from keyring_case import KeyringTestCase
from sealed_sessions import new_store_key


class StoreMoveTest(KeyringTestCase):
    def setUp(self):
        super().setUp()
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.key, self.other_key = self.key_file("key"), self.key_file("other-key")

    def key_file(self, name):
        return self.program.file(name, new_store_key())

    def folder(self, name="tokens"):
        return pathlib.Path(self.program.home) / name

    def files(self, name="tokens"):
        """The sealed files in the store's own folder, or in another one."""
        folder = self.program.state_home / "oauth-token/tokens" if name == "tokens" else self.folder(name)
        return sorted(path for path in folder.iterdir()) if folder.exists() else []

    def run_ok(self, *words, **options):
        done = self.program.run(*words, **options)
        self.assertEqual(done.status, 0, done.stderr)
        return done

    def sign_in(self, *options, **more):
        self.run_ok("password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username", "alice",
                    "--password-stdin", *options, input="secret", **more)

    def move(self, store, *options, **more):
        done = self.run_ok("store", "move", "default", store, *options, **more)
        self.assertEqual(done.stdout, "")
        self.assertIn("were moved from", done.stderr)

    def refused(self, status, store, *options, **more):
        done = self.program.run("store", "move", "default", store, *options, **more)
        self.assertEqual((done.status, done.stdout), (status, ""), done.stderr)
        return done.stderr

    def store_of_session(self):
        return json.loads(self.run_ok("show", "-o", "json").stdout)["store"]

    def check_whole(self, store, **more):
        """The session is in `store` alone, gives its token without asking and can be renewed."""
        self.assertEqual(self.store_of_session(), store)
        count = len(self.server.requests)
        self.assertEqual(self.run_ok("token", **more).stdout, f"at-{self.server.count}\n")
        self.assertEqual(len(self.server.requests), count)
        self.assertEqual(self.run_ok("refresh", **more).stdout, f"at-{self.server.count}\n")

    def in_keyring(self):
        record = json.loads(next((self.program.state_home / "oauth-token/sessions").glob("*.json")).read_text())
        nowhere = self.program.run("token", environment={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"})
        return record["store"] == "keyring" and nowhere.status == 10

    def test_from_the_keyring_to_sealed_files_and_back(self):
        self.sign_in()
        self.move("file", "--store-key-file", self.key)
        self.check_whole("file", environment={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"})
        self.assertEqual(len(self.files()), 1)
        self.move("keyring")
        self.assertEqual(self.files(), [])
        self.check_whole("keyring")
        self.assertTrue(self.in_keyring())

    def test_to_another_folder_under_another_key(self):
        self.sign_in("--store", "file", "--store-key-file", self.key)
        self.move(f"file:{self.folder('there')}", "--store-key-file", self.other_key)
        self.assertEqual((len(self.files()), len(self.files("there"))), (0, 1))
        os.remove(self.key)
        self.check_whole(f"file:{self.folder('there')}")

    def test_to_another_folder_under_the_same_key(self):
        self.sign_in("--store", "file", "--store-key-file", self.key)
        self.move(f"file:{self.folder('there')}")
        self.check_whole(f"file:{self.folder('there')}")

    def test_from_a_key_in_a_variable_to_one_in_a_file_and_back(self):
        variable = {"OAUTH_TOKEN_STORE_KEY": new_store_key()}
        self.sign_in("--store", "file", environment=variable)
        self.move(f"file:{self.folder('there')}", "--store-key-file", self.key, environment=variable)
        self.check_whole(f"file:{self.folder('there')}")
        other = {"OAUTH_TOKEN_STORE_KEY": new_store_key()}
        self.move("file", environment=other)
        self.check_whole("file", environment=other)
        self.move("keyring", environment=other)
        self.check_whole("keyring")

    def test_plain_text_only_on_request(self):
        self.sign_in()
        self.assertIn("key", self.refused(10, "file"))
        self.check_whole("keyring")
        self.move("file", "--allow-plaintext-store")
        self.assertIn(b"rt-2", self.files()[0].read_bytes())
        self.move("keyring", "--allow-plaintext-store")
        self.assertEqual(self.files(), [])
        self.check_whole("keyring")

    def test_the_same_store_by_whatever_name_is_refused_and_nothing_is_lost(self):
        self.sign_in("--store", "file", "--store-key-file", self.key)
        own = self.program.state_home / "oauth-token/tokens"
        self.folder("link").symlink_to(own.parent)
        for store in ("file", f"file:{own}", f"file:{own}/", f"file:/{own}", f"file:{self.folder('link')}/tokens"):
            for options in ([], ["--store-key-file", self.other_key]):
                with self.subTest(store=store, options=options):
                    self.assertIn("in that store already", self.refused(2, store, *options))
                    self.check_whole("file")

    def test_a_disk_that_fails_at_any_moment_costs_no_session(self):
        self.sign_in("--store", "file", "--store-key-file", self.key)
        statuses = []
        for moment in range(1, 12):
            with self.subTest(moment=moment):
                store = self.store_of_session()
                other = "file" if store != "file" else f"file:{self.folder('there')}"
                trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e",
                         f"inject=fsync:error=EIO:when={moment}"]
                words = ["store", "move", "default", other, "--store-key-file", self.key]
                done = subprocess.run([*trace, self.program.path, *words], env=self.program.environment, text=True,
                                      stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
                statuses.append(done.returncode)
                self.assertIn(done.returncode, (0, 10), done.stderr)
                self.assertEqual(self.run_ok("refresh").stdout, f"at-{self.server.count}\n")
        self.assertIn(10, statuses)
        self.assertEqual(statuses[-1], 0, "the last moment comes after everything")

    def test_what_is_no_store_or_no_session_is_refused(self):
        self.sign_in("--store", "file", "--store-key-file", self.key)
        for store in ("none", "own", "cloud", "file:relative", ""):
            with self.subTest(store):
                self.refused(2, store)
        done = self.program.run("store", "move", "nobody", "keyring")
        self.assertEqual(done.status, 2)
        self.assertIn("nobody", done.stderr)
        self.assertEqual(self.program.run("store", "move", "default", "keyring", "--session", "other").status, 2)
        self.assertEqual(self.program.run("store", "move", "default").status, 2)
        self.check_whole("file")

    def test_a_target_that_fails_leaves_the_source_whole(self):
        self.sign_in("--store", "file", "--store-key-file", self.key)
        nowhere = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}
        self.refused(10, "keyring", environment=nowhere)
        self.check_whole("file")
        self.folder("open").mkdir()
        self.folder("open").chmod(0o777)
        self.assertIn("other users can write to it", self.refused(2, f"file:{self.folder('open')}"))
        self.refused(2, f"file:{self.folder('there')}", "--store-key-file", str(self.folder("missing")))
        self.check_whole("file")
        self.keyring.lock()
        try:
            self.assertIn("locked", self.refused(10, "keyring", "--no-input"))
        finally:
            self.keyring.unlock()
        self.check_whole("file")

    def test_a_source_that_cannot_be_read_moves_nothing(self):
        self.sign_in("--store", "file", "--store-key-file", self.key)
        right = pathlib.Path(self.key).read_text()
        pathlib.Path(self.key).write_text(new_store_key())
        self.assertIn("key", self.refused(10, "keyring"))
        pathlib.Path(self.key).write_text(right)
        self.check_whole("file")

    def test_the_session_is_renewed_and_moved_by_others_meanwhile(self):
        self.sign_in("--store", "file", "--store-key-file", self.key)
        there = f"file:{self.folder('there')}"
        moving = [self.program.start("store", "move", "default", store) for store in (there, there)]
        renewing = [self.program.start("refresh") for _ in range(4)]
        ends = [process.communicate(timeout=60) and process.returncode for process in moving + renewing]
        self.assertEqual(sorted(ends[:2]), [0, 2])
        self.assertEqual(ends[2:], [0] * 4)
        self.check_whole(there)

    def test_a_program_that_holds_the_session_open_follows_it(self):
        self.sign_in("--store", "file", "--store-key-file", self.key)
        process = self.program.start("exec", "--refresh-file", str(self.folder("token")), "--min-valid", "3597", "--",
                                     "sh", "-c", "echo; while [ \"$(cat $ACCESS_TOKEN_FILE)\" = at-1 ]; do sleep 0.05; done")
        process.stdout.readline()
        self.move("keyring")
        out, error = process.communicate(timeout=60)
        self.assertEqual((process.returncode, error), (0, b""))
        self.check_whole("keyring")


if __name__ == "__main__":
    unittest.main()
