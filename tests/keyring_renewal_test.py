"""A keyring that fails before, during and after a renewal, in every way it can: what the program says, and that the session
is whole afterwards, against a server that takes each refresh token once."""

import pathlib
import shutil
import signal
import tempfile
import time
import unittest

import preload
from cli_session_test import Server
from program import Program
from prompter import Prompter
from secret_service import SecretService

# How a keyring breaks and is mended; what is said of it.
WAYS = {
    "locked": (SecretService.lock, SecretService.unlock, "The keyring is locked."),
    "stopped": (SecretService.stop, SecretService.cont, "The keyring did not answer within 1 s."),
    "killed": (SecretService.kill, SecretService.start_provider, "No keyring is running"),
    "without its bus": (SecretService.lose_bus, SecretService.return_bus, "The D-Bus session bus cannot be reached"),
}
QUICK = ("--store-timeout", "1")

# gnome-keyring writes its file anew for each store: fsync of the new one, rename into the old one's place, answer.
# A file KEYRING_FAULT.fsync or .rename holds the number of the signal that it gets there, once.
FAULTS = r"""
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <string>
#include <unistd.h>
static void come_to(const char* call) {
  const std::string path = std::string(getenv("KEYRING_FAULT")) + "." + call;
  FILE* const file = fopen(path.c_str(), "r");
  int number = 0;
  if (file == nullptr) return;
  if (fscanf(file, "%d", &number) != 1) abort();
  fclose(file);
  unlink(path.c_str());
  raise(number);
}
extern "C" int fsync(int descriptor) {
  come_to("fsync");
  return reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, "fsync"))(descriptor);
}
extern "C" int rename(const char* from, const char* to) noexcept {
  const int result = reinterpret_cast<int (*)(const char*, const char*)>(dlsym(RTLD_NEXT, "rename"))(from, to);
  come_to("rename");
  return result;
}
"""


class KeyringRenewalTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.begin(SecretService().start())

    def begin(self, keyring):
        self.keyring = keyring
        self.addCleanup(keyring.end)
        self.program = Program(keyring.environment())
        self.addCleanup(self.program.close)
        self.server = Server()
        self.addCleanup(self.server.stop)
        done = self.program.run("password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username",
                                "alice", "--password-stdin", input="secret")
        self.assertEqual((done.status, done.stdout), (0, "at-1\n"), done.stderr)

    def on_request(self, happen):
        """Lets `happen` when the next request has come, before its answer."""
        def behave(connection):
            while request := connection.read_request():
                self.server.behaviours = (self.server._behave,)
                happen()
                connection.send(self.server._answer(request))

        self.server.behaviours = (behave,)

    def assert_ok(self, expected, *words, sentence=""):
        done = self.program.run(*words, *QUICK)
        self.assertEqual((done.status, done.stdout), (0, expected + "\n"), done.stderr)
        self.assertIn(sentence, done.stderr)
        return done

    def assert_refused(self, sentence, *words, status=10):
        before = len(self.server.requests)
        done = self.program.run(*words, *QUICK)
        self.assertEqual((done.status, done.stdout), (status, ""), done.stderr)
        self.assertIn(sentence, done.stderr)
        self.assertEqual(len(self.server.requests), before, "nothing may be sent")

    def assert_whole(self):
        """The newest token is there without a request, and renewing goes on; no refresh token was used twice."""
        before, newest = len(self.server.requests), self.server.count
        self.assert_ok(f"at-{newest}", "token")
        self.assertEqual(len(self.server.requests), before)
        self.assert_ok(f"at-{newest + 1}", "refresh")
        done = self.assert_ok(f"at-{newest + 2}", "refresh")
        self.assertEqual(done.stderr, "")
        self.assertEqual(self.server.count, len(self.server.requests), "each request must have been granted")

    # --- before, during and after

    def test_before_the_refresh_nothing_is_sent_and_the_session_is_whole_afterwards(self):
        for name, (happen, mend, sentence) in WAYS.items():
            with self.subTest(name):
                happen(self.keyring)
                self.assert_refused(sentence, "token")
                self.assert_refused(sentence, "refresh")
                mend(self.keyring)
                self.assert_whole()

    def test_during_the_refresh_the_answer_is_kept_in_the_journal(self):
        for name, (happen, mend, sentence) in WAYS.items():
            with self.subTest(name):
                self.on_request(lambda happen=happen: happen(self.keyring))
                newest = self.server.count + 1
                done = self.assert_ok(f"at-{newest}", "refresh", sentence="are kept in the journal only")
                self.assertIn(f"{self.program.state_home}/oauth-token/journal/", done.stderr)
                self.assert_refused(sentence, "token")
                self.assert_refused(sentence, "refresh")
                mend(self.keyring)
                self.assertEqual(self.server.count, newest)
                self.assert_whole()

    def test_after_the_refresh_the_store_still_has_what_it_confirmed(self):
        for name, (happen, mend, sentence) in WAYS.items():
            with self.subTest(name):
                self.assert_ok(f"at-{self.server.count + 1}", "refresh")
                happen(self.keyring)
                self.assert_refused(sentence, "refresh")
                mend(self.keyring)
                self.assert_whole()

    def test_a_provider_killed_one_second_after_a_confirmed_store_has_lost_nothing(self):
        self.assert_ok("at-2", "refresh")
        time.sleep(1)
        self.keyring.kill()
        self.keyring.start_provider()
        self.assert_whole()

    # --- in the middle of the store's own writing

    def begin_with_faults(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.fault = f"{folder.name}/fault"
        # A copy: with file capabilities, as some systems install it, nothing could be put in front of libc.
        daemon = shutil.copy(shutil.which("gnome-keyring-daemon"), folder.name)
        self.daemon = {"program": daemon, "LD_PRELOAD": preload.library(folder.name, FAULTS),
                       "KEYRING_FAULT": self.fault}
        keyring = SecretService(provider=False).start()
        keyring.start_provider(**self.daemon)
        self.begin(keyring)

    def arm(self, call, number):
        pathlib.Path(f"{self.fault}.{call}").write_text(str(int(number)), encoding="ascii")

    def mend(self, number):
        if number == signal.SIGSTOP:
            return self.keyring.cont()
        self.keyring.kill()
        return self.keyring.start_provider(**self.daemon)

    def with_each_fault(self, fail):
        """`fail` gets a function that arms the provider."""
        self.begin_with_faults()
        for call in ("fsync", "rename"):
            for number in (signal.SIGSTOP, signal.SIGKILL):
                with self.subTest(call=call, signal=number.name):
                    fail(lambda call=call, number=number: self.arm(call, number))
                    self.assertEqual(list(pathlib.Path(self.fault).parent.glob("fault.*")), [], "it never came there")
                    self.mend(number)
                    self.assert_whole()

    def test_a_provider_that_ends_or_hangs_while_it_writes_the_answer(self):
        def fail(arm):
            self.on_request(arm)
            self.assert_ok(f"at-{self.server.count + 1}", "refresh", sentence="are kept in the journal only")

        self.with_each_fault(fail)

    def test_a_provider_that_ends_or_hangs_when_it_is_tried_before_the_refresh(self):
        def fail(arm):
            arm()
            self.assert_refused("keyring", "refresh")

        self.with_each_fault(fail)

    # --- a keyring that goes back in time

    def copy_of_today(self, name):
        return shutil.copytree(self.keyring.files, self.program.home / name)

    def put_back(self, copy):
        self.keyring.kill()
        shutil.rmtree(self.keyring.files)
        shutil.copytree(copy, self.keyring.files)
        self.keyring.start_provider()

    def test_a_keyring_put_back_to_the_copy_before_the_last_renewal_is_repaired_from_the_journal(self):
        yesterday = self.copy_of_today("yesterday")
        self.assert_ok("at-2", "refresh")
        self.put_back(yesterday)
        self.assert_whole()

    def test_the_first_command_after_that_may_as_well_be_a_refresh(self):
        yesterday = self.copy_of_today("yesterday")
        self.assert_ok("at-2", "refresh")
        self.put_back(yesterday)
        self.assert_ok("at-3", "refresh")
        self.assert_whole()

    def test_an_older_copy_is_told_and_its_refresh_token_is_sent_only_by_force(self):
        old = self.copy_of_today("old")
        for number in (2, 3):
            self.assert_ok(f"at-{number}", "refresh")
        today = self.copy_of_today("today")
        self.put_back(old)
        self.assert_refused("older", "refresh", status=4)
        self.put_back(today)
        self.assert_whole()
        self.put_back(old)
        self.assert_refused("older", "refresh", status=4)
        before = len(self.server.requests)
        self.assertEqual(self.program.run("refresh", "--force").status, 4)
        self.assertEqual(self.server.form(self.server.requests[before])["refresh_token"], "rt-1")

    # --- locked between sign-in and renewal, and a person is there

    def begin_with_a_person(self):
        keyring = SecretService(provider=False).start()
        prompter = Prompter(keyring.environment())
        self.addCleanup(prompter.end)
        keyring.start_provider(GNOME_KEYRING_TEST_PROMPTER=prompter.name)
        self.begin(keyring)
        keyring.lock()
        return prompter

    def test_a_person_unlocks_the_keyring_and_the_renewal_goes_on(self):
        prompter = self.begin_with_a_person()
        prompter.type(self.keyring.password, delay_ms=1500)
        with self.program.terminal("refresh", *QUICK) as terminal:
            self.assertEqual(terminal.wait(), 0, terminal.screen)
            self.assertIn("at-2", terminal.screen)
        self.assertFalse(prompter.waiting())
        self.assert_whole()

    def test_a_person_who_closes_the_dialog_has_sent_nothing(self):
        prompter = self.begin_with_a_person()
        prompter.close()
        with self.program.terminal("refresh", *QUICK) as terminal:
            self.assertEqual(terminal.wait(), 10, terminal.screen)
            self.assertIn("its dialog was closed", terminal.screen)
        self.assertEqual(len(self.server.requests), 1)
        self.keyring.unlock()
        self.assert_whole()

    def test_nobody_is_asked_with_no_input(self):
        prompter = self.begin_with_a_person()
        prompter.type(self.keyring.password)
        with self.program.terminal("refresh", "--no-input", *QUICK) as terminal:
            self.assertEqual(terminal.wait(), 10, terminal.screen)
        self.assertTrue(prompter.waiting())
        self.keyring.unlock()
        self.assert_whole()


if __name__ == "__main__":
    unittest.main()
