"""The kernel's keyring in front of the store, as an ordinary user has it: a hit speaks to nobody, and what changes the tokens
drops it first. Each test is a user of its own, so that no other one's keys count."""

import ctypes
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from ordinary_user import InstalledProgramCase, OrdinaryUser, enter_private_mounts
from program import text
from rotating_server import RotatingServer

LIFE = 3600


def join_new_session_keyring():
    """As a login that brings no keyrings of the user's, or a service, has it."""
    KEYCTL, JOIN_SESSION_KEYRING = {"x86_64": 250, "aarch64": 219}[os.uname().machine], 1
    if ctypes.CDLL(None, use_errno=True).syscall(KEYCTL, JOIN_SESSION_KEYRING, None) < 0:
        raise OSError(ctypes.get_errno(), "no new session keyring")


class KernelKeyringTest(InstalledProgramCase):
    def setUp(self):
        self.server = RotatingServer()
        self.addCleanup(self.server.stop)
        self.user = random.SystemRandom().randrange(100_000, 1_000_000_000)
        self.program = OrdinaryUser(self.path, self.user)
        self.addCleanup(self.program.close)
        self.program.sign_in(self.server)

    def token(self, *words, program=None):
        done = (program or self.program).run("token", *words)
        self.assertEqual(done.status, 0, done.stderr)
        return done.stdout

    def calls(self, *words, command="token"):
        """What the command opens and asks of the kernel."""
        trace = self.program.home / "trace"
        done = subprocess.run(
            ["strace", "-f", "-qq", "-e", "trace=execve,openat,open,socket,connect,keyctl,add_key", "-o", trace,
             *self.program.prefix, self.path, command, *words],
            env=self.program.environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, text(done.stderr))
        seen = trace.read_text()
        return seen[seen.rindex(f'execve("{self.path}"'):]

    def kept(self):
        """The lines of /proc/keys with tokens of ours, as the user sees them. An invalidated key ("i"), which nobody finds or
        reads, stands there until the kernel sweeps."""
        seen = subprocess.run([*self.program.prefix, "cat", "/proc/keys"], capture_output=True, check=True).stdout
        return [line for line in text(seen).splitlines() if "oauth-token:" in line and "keyring" not in line
                and "i" not in line.split()[1]]

    def keep_from_the_store(self):
        """From here on, whoever asks the store gets an error."""
        key = pathlib.Path(self.program.key)
        key.rename(key.with_suffix(".away"))

    def allow_the_store(self):
        key = pathlib.Path(self.program.key)
        key.with_suffix(".away").rename(key)

    def store_is_asked(self, *words):
        self.keep_from_the_store()
        status = self.program.run("token", *words).status
        self.allow_the_store()
        self.assertIn(status, (0, 2, 10))
        return status != 0

    def test_a_hit_asks_neither_store_nor_server(self):
        self.assertTrue(self.store_is_asked())
        self.assertEqual(self.token(), "at-1\n")
        self.assertFalse(self.store_is_asked())
        seen = self.calls()
        for of_the_store in ("store.key", "tokens", "libcrypto", "libcurl", "socket(", "connect("):
            self.assertNotIn(of_the_store, seen)
        self.assertIn("KEYCTL_READ", seen)
        for of_the_store in ("store.key", "tokens", "libcrypto"):
            self.assertIn(of_the_store, self.calls("--no-cache"))

    def test_a_renewed_token_is_a_hit_at_once(self):
        renewed = self.program.run("refresh")
        self.assertEqual((renewed.status, renewed.stdout), (0, "at-2\n"), renewed.stderr)
        self.assertFalse(self.store_is_asked())
        self.assertEqual(self.token(), "at-2\n")

    def test_every_form_of_output_is_the_same_from_both(self):
        stored = self.token("-o", "json", "--no-cache")
        self.token()
        cached = self.token("-o", "json")
        without_time = [line for line in stored.splitlines() if "expires_in" not in line]
        self.assertEqual([line for line in cached.splitlines() if "expires_in" not in line], without_time)
        self.assertEqual(self.token("-o", "header"), "Authorization: Bearer at-1\n")

    def test_no_cache_and_a_token_too_old_ask_the_store(self):
        self.token()
        self.assertTrue(self.store_is_asked("--no-cache"))
        self.assertTrue(self.store_is_asked("--min-valid", str(2 * LIFE)))
        self.assertFalse(self.store_is_asked("--min-valid", "60"))

    def test_no_cache_leaves_nothing_in_the_kernel(self):
        self.token("--no-cache")
        self.assertTrue(self.store_is_asked())
        self.assertNotIn("add_key", self.calls("--no-cache"))

    def test_the_keyrings_of_the_program_stay_as_they_are(self):
        """What it links is a thread's own, one that ends with it."""
        for words in ((), (), ("--no-cache",)):
            for command in ("token", "refresh"):
                lines = self.calls(*words, command=command).splitlines()
                program = lines[0].split()[0]
                changing = [line for line in lines if "add_key" in line or ("keyctl" in line and "SEARCH" not in line
                            and "READ" not in line)]
                self.assertEqual([line for line in changing if line.split()[0] == program], [])
                self.assertEqual([line for line in lines if "KEYCTL_LINK, KEY_SPEC" in line and
                                  "(KEYCTL_LINK, KEY_SPEC_USER_KEYRING, KEY_SPEC_THREAD_KEYRING)" not in line], [])

    def test_a_login_session_without_the_user_s_keyring_hits_as_well(self):
        self.token()
        self.keep_from_the_store()
        done = self.program.run("token", preexec_fn=join_new_session_keyring)
        self.assertEqual((done.status, done.stdout), (0, "at-1\n"), done.stderr)

    def stopped_by(self, signal_name):
        """A first "token" that this signal meets when it has made its key (the first one is the keyring for all), and the id
        of one of its threads."""
        trace = self.program.home / "trace"
        traced = subprocess.Popen(
            ["strace", "-f", "-qq", "-e", "trace=add_key", "-e", f"inject=add_key:signal={signal_name}:when=2", "-o", trace,
             *self.program.prefix, self.path, "token"],
            env=self.program.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.addCleanup(traced.stdout.close)
        self.addCleanup(traced.wait)
        self.addCleanup(traced.kill)
        while signal_name not in (trace.read_text() if trace.exists() else ""):
            self.assertIsNone(traced.poll())
            time.sleep(0.01)
        return traced, int(trace.read_text().splitlines()[-1].split()[0])

    def test_who_signs_out_while_a_token_is_being_kept_leaves_none(self):
        traced, thread = self.stopped_by("SIGSTOP")
        self.assertEqual(self.program.run("forget", "default").status, 0)
        os.kill(thread, signal.SIGCONT)
        self.assertEqual(traced.stdout.read(), b"at-1\n")
        self.assertEqual(self.kept(), [])

    def test_a_killed_program_leaves_no_key_without_an_end(self):
        traced, _ = self.stopped_by("SIGKILL")
        traced.wait()
        self.assertEqual(self.kept(), [])

    def test_a_refresh_drops_it(self):
        self.token()
        self.assertEqual(self.program.run("refresh", "--no-cache").stdout, "at-2\n")
        self.assertTrue(self.store_is_asked())
        self.assertEqual(self.token(), "at-2\n")
        self.assertFalse(self.store_is_asked())

    def test_signing_in_again_drops_it(self):
        self.token()
        self.program.sign_in(self.server)
        self.assertTrue(self.store_is_asked())
        self.assertEqual(self.token(), "at-2\n")

    def test_forgetting_drops_it(self):
        self.token()
        self.assertEqual(len(self.kept()), 1)
        self.assertEqual(self.program.run("forget", "default").status, 0)
        self.assertEqual(self.kept(), [])

    def test_revoking_drops_it_before_the_server_is_asked(self):
        self.program.sign_in(self.server, "--revocation-endpoint", self.server.url("/gone"), "--replace")
        self.token()
        self.assertEqual(len(self.kept()), 1)
        self.assertNotEqual(self.program.run("revoke").status, 0)
        self.assertEqual(self.kept(), [])

    def test_an_edited_record_gets_no_token(self):
        self.token()
        record = next(self.program.state.glob("sessions/*.json"))
        record.write_text(record.read_text().replace(self.server.url(), "https://elsewhere.example/token"))
        done = self.program.run("token")
        self.assertEqual((done.status, done.stdout), (2, ""), done.stderr)

    def test_an_older_generation_is_not_taken(self):
        self.token()
        record = next(self.program.state.glob("sessions/*.json"))
        record.write_text(record.read_text().replace('"generation":1', '"generation":7'))
        self.assertTrue(self.store_is_asked())

    def test_four_tokens_are_kept_at_most(self):
        for number in range(6):
            self.program.sign_in(self.server, "--session", f"s{number}")
            self.token(f"s{number}")
        self.assertEqual(len(self.kept()), 4, self.kept())

    def test_no_key_can_be_read_by_who_does_not_possess_it(self):
        self.token()
        (line,) = self.kept()
        self.assertEqual(line.split()[4], "3f000000")
        self.assertIn(line.split()[3], ("1h", "59m"))  # what is left of it

    def test_root_uses_none(self):
        root = OrdinaryUser(self.path, 0)
        self.addCleanup(root.close)
        root.sign_in(self.server, username="root")
        root.prefix = ()
        root.run("token")
        key = pathlib.Path(root.key)
        key.unlink()
        self.assertNotEqual(root.run("token").status, 0)


if __name__ == "__main__":
    enter_private_mounts()
    unittest.main()
