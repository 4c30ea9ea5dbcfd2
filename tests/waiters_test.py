"""Processes that wait for a renewal whose process is in trouble."""

import signal
import threading
import time
import unittest

from many_processes import ask_at_once
from renewal_case import RenewalCase


class WaitersTest(RenewalCase):
    def test_five_hundred_at_a_server_that_does_not_answer(self):
        self.serve(lifetime=0)
        ended = threading.Event()
        self.addCleanup(ended.set)
        self.server.before_commit = lambda _: ended.wait(120) and b""
        statuses, tokens, errors = ask_at_once(self.program, 500, "token", "--timeout", "20")
        self.assertEqual((set(statuses), tokens), ({7}, []), errors[:3])
        self.assertEqual(self.server.attempts, 1)
        ended.set()
        self.check_whole()

    def holder_and_waiters(self, *words):
        """A process that is in the middle of a renewal, and twenty that wait for it."""
        self.serve(lifetime=0)
        reached, go_on = threading.Event(), threading.Event()
        self.addCleanup(go_on.set)

        def hold(_):
            if not reached.is_set():
                reached.set()
                go_on.wait(60)
                return b""
            return None

        self.server.before_commit = hold
        holder = self.program.start("token", *words)
        self.addCleanup(holder.communicate)
        self.addCleanup(holder.kill)
        self.assertTrue(reached.wait(20))
        self.server.lifetime = 3600
        return holder

    def test_the_holder_is_killed_with_twenty_waiting(self):
        holder = self.holder_and_waiters()
        statuses, tokens, errors = ask_at_once(self.program, 20, "token", started=holder.kill)
        self.assertEqual((set(statuses), errors), ({0}, []))
        self.assertEqual((set(tokens), len(tokens)), ({self.server.access_token}, 20))
        self.assertEqual((self.server.refreshes, self.server.reuses), (1, 0))
        self.check_whole()

    def test_the_holder_is_stopped_and_the_waiters_end_at_their_deadline(self):
        holder = self.holder_and_waiters()
        holder.send_signal(signal.SIGSTOP)
        started = time.monotonic()
        statuses, tokens, errors = ask_at_once(self.program, 20, "token", "--timeout", "1", "--store-timeout", "1")
        self.assertLess(time.monotonic() - started, 60, "their deadline is 7 seconds")
        self.assertEqual((set(statuses), tokens), ({7}, []))
        self.assertTrue(all("Another process is busy" in line for line in errors[::2]), errors)
        self.assertEqual(self.server.attempts, 1)
        holder.kill()
        self.check_whole()


if __name__ == "__main__":
    unittest.main()
