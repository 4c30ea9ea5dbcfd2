"""A month of renewals every hour: lost networks, crashes, suspends and a clock that is set back; the session lives."""

import threading
import time
import unittest

from fake_time import FakeClock
from renewal_case import RenewalCase
from seeded import seeded

HOUR = 3600
START = 1_800_000_000
GRACE = 10


class MonthTest(RenewalCase):
    def setUp(self):
        super().setUp()
        self.random = seeded()
        self.clock = FakeClock(START)
        self.addCleanup(self.clock.close)
        self.program.environment.update(self.clock.environment())
        self.true_time = START  # the server's
        self.serve(GRACE, clock=lambda: self.true_time)

    def pass_time(self, seconds):
        self.true_time += seconds
        self.clock.advance(seconds)

    def token(self, may_be_there=False):
        """A new one each time, unless the event of this hour has brought it."""
        before = self.server.access_token
        done = self.program.run("token")
        self.assertEqual((done.status, done.stdout), (0, self.server.access_token + "\n"), f"{self.now}: {done.stderr}")
        if not may_be_there:
            self.assertNotEqual(self.server.access_token, before, f"{self.now}: an hour later, the old one is over")

    def lose_the_network(self):
        """In one of its ways; a few seconds later it is back."""
        way = self.random.choice(("refused", "before the commit", "after the commit"))
        if way == "refused":
            self.server.refuse()
        else:
            times = iter((b"", b""))  # the second one answers the repetition
            setattr(self.server, way.replace(" the ", "_"), lambda _: next(times, None))
        self.assertEqual(self.program.run("token").status, 7, self.now)
        self.server.before_commit = self.server.after_commit = None
        if way == "refused":
            self.server.accept_again()
        self.pass_time(4)

    def crash(self):
        """kill -9 at some moment of the renewal. The next run comes an hour later, unless the moment was the one that the
        server's grace time is for: then whatever started it starts it again at once."""
        before, reached = self.server.refreshes, threading.Event()
        hook = self.random.choice(("before_commit", "after_commit"))
        setattr(self.server, hook, lambda _: reached.set())
        process = self.program.start("token")
        delay = self.random.uniform(0, 0.01)
        self.assertTrue(reached.wait(20))
        time.sleep(delay)
        process.kill()
        process.communicate()
        self.server.settle()
        setattr(self.server, hook, None)
        lost = self.server.refreshes > before and not self.journal_has_the_answer()
        self.pass_time(3 if lost else HOUR)

    def suspend_in_the_middle(self):
        """The machine sleeps for half a day while the answer is on its way."""
        self.server.after_commit = lambda _: self.pass_time(12 * HOUR)
        self.token()
        self.server.after_commit = None

    def test_the_session_lives_to_the_end(self):
        trouble = [self.lose_the_network] * 72 + [self.crash] * 36 + [self.suspend_in_the_middle] * 5
        hours = trouble + [None] * (720 - len(trouble))
        self.random.shuffle(hours)
        behind = 0
        for hour, event in enumerate(hours):
            self.now = f"hour {hour}, {getattr(event, '__name__', 'nothing happens')}"
            self.pass_time(HOUR + (8 * HOUR if hour % 96 == 95 else 0))  # the lid was closed for a night
            if hour in (200, 450):
                behind = 30 * HOUR if hour == 200 else 400 * HOUR
                self.clock.advance(-behind)  # an empty clock battery
            if hour in (230, 470):
                self.clock.advance(behind)  # the time server is found
            if event:
                event()
                self.pass_time(2)
            self.token(may_be_there=event in (self.crash, self.suspend_in_the_middle))
        self.assertEqual((self.server.reuses, self.server.passwords), (0, 1))
        self.assertGreater(self.server.refreshes, 720)


if __name__ == "__main__":
    unittest.main()
