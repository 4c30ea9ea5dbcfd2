"""The application of soak/run.sh for a few seconds, and what that would say of one that loses something."""

import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "soak"))

import soak
from verdicts import broken_promises

SAMPLE = {"live": 1_000_000, "VmRSS": 20_000_000, "VmLck": 0, "descriptors": 7, "mappings": 90, "files": [], "guests": 0,
          "threads": ["host", "host"], "bad_children": 0, "calls": {"lost": 0, "twice": 0, "unexpected": ""}}


def sample(**other):
    return {**SAMPLE, **other}


def broken(idle=None, closed_again=None):
    return list(broken_promises(sample(), sample(), idle or [sample()] * 20, closed_again or sample()))


class SoakTest(unittest.TestCase):
    def test_an_application_loses_nothing_while_all_around_it_fails(self):
        said = []
        run = soak.Soak(["native"], intervals=2, seconds=2, seed=os.getpid(), real=False, per_second=30, say=said.append)
        self.assertTrue(run.run(), "\n".join(said))


class VerdictsTest(unittest.TestCase):
    def test_an_application_that_holds_the_same_all_day_keeps_every_promise(self):
        self.assertEqual(broken(), [])

    def test_kept_connections_are_no_loss(self):
        idle = [sample(live=1_000_000 + 50_000 * (i * 7 % 30), descriptors=7 + i * 7 % 30) for i in range(20)]
        self.assertEqual(broken(idle), [])

    def test_what_grows_is_named(self):
        for name, step, said in (
                ("live", 5000, "live heap grows by 5000 a minute, give or take 0"),
                ("VmLck", 4096, "locked memory grows by 4096 a minute, give or take 0"),
                ("VmRSS", 100_000, "resident memory grows by 100000 a minute, give or take 0"),
                ("descriptors", 2, "descriptors grow by 2 a minute, give or take 0"),
                ("mappings", 2, "mappings grow by 2 a minute, give or take 0")):
            with self.subTest(name):
                self.assertEqual(broken([sample(**{name: SAMPLE[name] + step * i}) for i in range(20)]), [said])

    def test_what_is_left_over_is_named(self):
        for other, said in (
                ({"live": 1_300_000}, "300000 bytes of heap are left over when all objects are gone"),
                ({"descriptors": 8}, "1 descriptors are left over when all objects are gone"),
                ({"threads": ["host"] * 3}, "threads are left over when all objects are gone: host, host, host"),
                ({"guests": 2}, "2 sessions could not be removed"),
                ({"files": [f"lock-{i:02}" for i in range(13)]},
                 "files are left over: " + ", ".join(f"lock-{i:02}" for i in range(13))),
                ({"leaked": 32}, "memcheck: 32 bytes that nothing points to"),
                ({"bad_children": 1}, "1 children after fork ended wrong"),
                ({"calls": {"lost": 1, "twice": 0, "unexpected": ""}}, "1 calls were never answered"),
                ({"calls": {"lost": 0, "twice": 1, "unexpected": ""}}, "1 calls were answered more than once"),
                ({"calls": {"lost": 0, "twice": 0, "unexpected": "internal: x"}}, "an error that no fault explains: internal: x")):
            with self.subTest(said):
                self.assertEqual(broken(closed_again=sample(**other)), [said])


if __name__ == "__main__":
    unittest.main()
