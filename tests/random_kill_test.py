"""kill -9 at random moments of a renewal, each followed by two renewals: no session is lost, except when the kill fell
between the server's commit and the journal's first write. No client can close that gap; then the next run says so.

The seed is printed; OAUTH_TOKEN_TEST_SEED repeats a run as far as the machine's own timing allows.
"""

import collections
import signal
import statistics
import sys
import threading
import time
import unittest

from renewal_case import LOST, RenewalCase
from seeded import seeded


class KillTest(RenewalCase):
    def kill(self, moment):
        """Runs a renewal and kills it at `moment`, a function of the running process; returns whether it hit, whether
        it came to the server's commit before, and whether the answer was kept where it did."""
        before = self.server.refreshes
        process = self.program.start("refresh")
        try:
            moment(process)
        finally:
            process.kill()
            process.communicate()
        self.server.settle()
        committed = self.server.refreshes > before
        return process.returncode == -signal.SIGKILL, committed, committed and self.journal_has_the_answer()

    def check_whole(self):
        self.renew()
        self.renew()
        self.assertEqual(self.server.reuses, 0)

    def check_lost(self):
        """The next run says what happened, and a new sign-in mends it."""
        done = self.program.run("refresh")
        self.assertEqual((done.status, done.stdout), (4, ""), done.stderr)
        self.assertIn(LOST, done.stderr)
        self.assertIn("Sign in again", done.stderr)
        self.server.reuses = 0
        self.program.sign_in(self.server)
        self.check_whole()


class RandomKillTest(KillTest):
    def setUp(self):
        super().setUp()
        self.random = seeded()

    def whole_run(self):
        """How long an undisturbed renewal takes, in seconds."""
        started = time.monotonic()
        self.renew()
        return time.monotonic() - started

    def moments(self):
        """By turns at any time of the run, and near the server's commit."""
        usual = statistics.median(self.whole_run() for _ in range(5))

        def any_time(_):
            time.sleep(self.random.uniform(0, usual))

        def near_the_commit(process):
            reached = threading.Event()
            hook = self.random.choice(("before_commit", "after_commit"))
            setattr(self.server, hook, lambda _: reached.set())
            delay = self.random.uniform(0, usual / 4)
            while not reached.wait(0.005) and process.poll() is None:
                pass
            setattr(self.server, hook, None)
            time.sleep(delay)

        while True:
            yield any_time
            yield near_the_commit

    def check(self, count, is_lost, expected):
        seen = collections.Counter()
        for moment in self.moments():
            hit, committed, kept = self.kill(moment)
            lost = is_lost(committed, kept)
            seen["too late" if not hit else "lost" if lost else "committed" if committed else "not committed"] += 1
            (self.check_lost if lost else self.check_whole)()
            if sum(seen.values()) - seen["too late"] == count:
                break
        print(dict(seen), file=sys.stderr)
        self.assertGreaterEqual(set(seen), expected, "the moments were not spread over the whole run")

    def test_two_hundred_kills_lose_nothing_but_in_the_gap_that_nobody_can_close(self):
        self.serve(grace=0)
        self.check(200, lambda committed, kept: committed and not kept, {"committed", "not committed"})

    def test_with_a_grace_time_not_even_there(self):
        self.serve(grace=60)
        self.check(40, lambda committed, kept: False, {"committed", "not committed"})


class KillAtTheServerTest(KillTest):
    def at(self, hook):
        reached, go_on = threading.Event(), threading.Event()

        def hold(_):
            reached.set()
            go_on.wait(20)

        def moment(process):
            self.assertTrue(reached.wait(20))
            setattr(self.server, hook, None)
            process.kill()
            process.wait()
            go_on.set()

        setattr(self.server, hook, hold)
        return self.kill(moment)

    def test_killed_before_the_commit_which_never_comes(self):
        self.serve(grace=0)
        reached = threading.Event()

        def drop(_):
            reached.set()
            time.sleep(0.05)
            return b""

        self.server.before_commit = drop
        _, committed, _ = self.kill(lambda process: reached.wait(20))
        self.server.before_commit = None
        self.assertFalse(committed)
        self.check_whole()

    def test_killed_between_the_commit_and_the_journal(self):
        self.serve(grace=0)
        self.assertEqual(self.at("after_commit"), (True, True, False))
        self.check_lost()

    def test_killed_there_with_a_server_that_forgives_a_repetition(self):
        self.serve(grace=60)
        self.assertEqual(self.at("after_commit"), (True, True, False))
        self.check_whole()

    def test_killed_there_with_a_server_that_never_rotates(self):
        self.serve(grace=None)
        self.assertEqual(self.at("after_commit"), (True, True, False))
        self.check_whole()


if __name__ == "__main__":
    unittest.main()
