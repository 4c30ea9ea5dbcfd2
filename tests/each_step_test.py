"""kill -9 right before each system call by which a renewal changes anything, and each of these calls failing once; strace does
both. Nothing is lost, but where no client can help it: killed between the server's commit and the journal."""

import collections
import subprocess
import unittest

from program import Finished, text
from renewal_case import RenewalCase

# By which it locks, writes, makes durable, renames and sends.
CALLS = ("flock", "pwrite64", "write", "fallocate", "ftruncate", "fsync", "fdatasync", "renameat", "fchmod", "sendto")
# Without room for mistakes of a slow machine, since nothing follows it that could be lost.
WORDS = {"sendto": ("--timeout", "2")}

Step = collections.namedtuple("Step", "call number committed done")


class EachStepTest(RenewalCase):
    def setUp(self):
        super().setUp()
        self.serve()

    def run_with(self, call, number, fault):
        """A renewal with the fault in its `number`th `call` (of any one thread); None where there was no such call."""
        trace = self.program.home / "trace"
        done = subprocess.run(["strace", "-f", "-qq", "-e", "trace=" + call, "-e", f"inject={call}:{fault}:when={number}",
                               "-o", trace, self.program.path, "refresh", *WORDS.get(call, ())],
                              env=self.program.environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
                              check=False)
        self.server.settle()
        seen = trace.read_text()
        if "INJECTED" not in seen and "killed by SIGKILL" not in seen:
            return None
        return Finished(done.returncode, text(done.stdout), text(done.stderr))

    def steps(self, fault, prepare=lambda: None):
        """One after the other, each with a renewal that stumbles there."""
        for call in CALLS:
            for number in range(1, 100):
                prepare()
                before = self.server.refreshes
                done = self.run_with(call, number, fault)
                if done is None:
                    self.assertGreater(number, 1, f"no {call} was seen")
                    break
                yield Step(call, number, self.server.refreshes > before, done)

    def kill_at_each_step(self, prepare=lambda: None):
        seen = set()
        for step in self.steps("signal=KILL", prepare):
            with self.subTest(call=step.call, number=step.number):
                lost = step.committed and not self.journal_has_the_answer()
                seen.add("lost" if lost else "committed" if step.committed else "not committed")
                if lost:
                    self.check_lost()
                    self.serve()
                else:
                    self.check_whole(force=False)
        self.assertEqual(seen, {"lost", "committed", "not committed"})

    def test_killed_at_each_step(self):
        self.kill_at_each_step()

    def test_killed_at_each_step_of_a_recovery_and_the_renewal_after_it(self):
        def leave_the_tokens_in_the_journal():
            done = self.run_with("renameat", 2, "error=EIO")  # the store's file, after the commit
            self.assertEqual(done.status, 0, done.stderr)
            self.assertIn("are kept in the journal only", done.stderr)

        self.kill_at_each_step(leave_the_tokens_in_the_journal)

    def check_error(self, step, is_full):
        """Where the server was asked, the new token is printed, but for the call that would have printed it."""
        if step.committed and step.call != "write":
            self.assertEqual((step.done.status, step.done.stdout), (0, self.server.access_token + "\n"), step.done.stderr)
        if not step.committed:
            self.assertIn(step.done.status, (7, 10), step.done.stderr)
            self.assertEqual(step.done.stdout, "")
        if step.call not in ("flock", "write", "sendto") and "Cannot" in step.done.stderr and not step.committed:
            self.assertEqual("Free some space" in step.done.stderr, is_full, step.done.stderr)
        self.check_whole()

    def test_each_step_fails_once_for_a_broken_disk(self):
        for step in self.steps("error=EIO"):
            with self.subTest(call=step.call, number=step.number):
                self.check_error(step, is_full=False)

    def test_each_step_fails_once_for_a_full_disk(self):
        for step in self.steps("error=ENOSPC"):
            with self.subTest(call=step.call, number=step.number):
                self.check_error(step, is_full=True)


if __name__ == "__main__":
    unittest.main()
