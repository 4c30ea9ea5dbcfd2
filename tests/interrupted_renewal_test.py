"""Ctrl-C and other signals at each step of a renewal: before the refresh token is sent, the program ends at once; from then on,
when the answer is kept. The session survives."""

import fcntl
import pathlib
import signal
import statistics
import threading
import time
import unittest

from fault_server import never_answering
from full_pipe import FullPipe, wait_until, wait_until_held_up
from program import Program
from renewal_case import RenewalCase
from secret_service import SecretService
from seeded import seeded

PATIENCE = "finishing the renewal; another Ctrl-C may lose the session"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class InterruptCase(RenewalCase):
    def start(self, *words, **options):
        process = self.program.start(*words, **options)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def ends_by(self, process, number):
        self.assertEqual(process.wait(60), -number)
        self.assertEqual(process.stdout.read(), b"")
        return process.stderr.read().decode()

    def hold(self, hook, answer=None):
        """Holds the next refresh request at the server; two events: it is there, it may go on (with `answer`)."""
        reached, go_on = threading.Event(), threading.Event()
        self.addCleanup(go_on.set)

        def wait(_):
            setattr(self.server, hook, None)
            reached.set()
            go_on.wait(20)
            return answer

        setattr(self.server, hook, wait)
        return reached, go_on


class BeforeSendingTest(InterruptCase):
    def test_while_it_waits_for_the_lock(self):
        self.serve()
        self.renew()
        locks = self.program.state_home / "oauth-token/locks"
        held = [path.open("rb") for path in locks.iterdir()]
        for file in held:
            fcntl.flock(file, fcntl.LOCK_EX)
        for number in SIGNALS:
            with self.subTest(number):
                process = self.start("refresh")
                wait_until(lambda: opened(process, locks), "the program to open the lock, which it cannot get")
                process.send_signal(number)
                said = self.ends_by(process, number)
                self.assertNotIn(PATIENCE, said)
                self.assertNotIn("background", said)  # nothing goes on behind a program that has ended
        for file in held:
            file.close()
        self.assertEqual(self.server.attempts, 1)
        self.check_whole()

    def test_while_a_command_prints_the_client_secret(self):
        ready, started = self.program.home / "ready", self.program.home / "started"
        ready.touch()
        self.serve(words=("--client-secret-command", f"echo $$ >{started}; [ -e {ready} ] || sleep 60; echo secret"))
        for path in (ready, started):
            path.unlink()
        process = self.start("refresh")
        wait_until(lambda: started.exists() and started.read_text(), "the command")
        process.send_signal(signal.SIGINT)
        self.ends_by(process, signal.SIGINT)
        wait_until(lambda: has_ended(int(started.read_text())), "the end of the command")
        self.assertEqual(self.server.attempts, 0)
        ready.touch()
        self.check_whole()


class WhileSendingTest(InterruptCase):
    def test_the_answer_is_kept_before_it_ends_by_the_signal(self):
        for hook in ("before_commit", "after_commit"):
            for number in SIGNALS:
                with self.subTest(hook=hook, number=number):
                    self.serve()
                    reached, go_on = self.hold(hook)
                    process = self.start("refresh")
                    self.assertTrue(reached.wait(20))
                    process.send_signal(number)
                    self.assertIn(PATIENCE, process.stderr.readline().decode())
                    go_on.set()
                    self.assertNotIn("background", self.ends_by(process, number))
                    self.assertEqual(self.program.run("token")[:2], (0, self.server.access_token + "\n"))
                    self.assertEqual((self.server.attempts, self.server.access_token), (1, "at-2"))
                    self.check_whole()

    def test_on_a_terminal(self):
        self.serve()
        reached, go_on = self.hold("after_commit")
        with self.program.terminal("refresh") as terminal:
            self.assertTrue(reached.wait(20))
            terminal.type("\x03")
            terminal.wait_for(PATIENCE)
            go_on.set()
            self.assertEqual(terminal.wait(), -signal.SIGINT)
            self.assertNotIn("at-", terminal.screen)
        self.check_whole()

    def test_a_second_one_ends_it_at_once(self):
        """What the first one saves is given up then: the session, where the server has committed."""
        for hook, check in (("before_commit", self.check_whole), ("after_commit", self.check_lost)):
            with self.subTest(hook):
                self.serve()
                reached, go_on = self.hold(hook, b"")
                process = self.start("refresh")
                self.assertTrue(reached.wait(20))
                process.send_signal(signal.SIGINT)
                self.assertIn(PATIENCE, process.stderr.readline().decode())
                process.send_signal(signal.SIGINT)
                self.ends_by(process, signal.SIGINT)
                go_on.set()
                self.server.settle()
                check()

    def test_while_it_connects_a_second_one_ends_it_and_nothing_is_lost(self):
        self.serve()
        self.server.behaviours = (never_answering,)
        process = self.start("refresh")
        wait_until(lambda: self.server.connections == 2, "the connection")
        process.send_signal(signal.SIGINT)
        self.assertIn(PATIENCE, process.stderr.readline().decode())
        process.send_signal(signal.SIGINT)
        self.ends_by(process, signal.SIGINT)
        self.server.behaviours = (self.server._behave,)
        self.check_whole()

    def test_ctrl_z_stops_it_when_the_answer_is_kept(self):
        self.serve()
        reached, go_on = self.hold("after_commit")
        with self.program.shell() as terminal:
            terminal.wait_for("ready> ")
            terminal.type("oauth-token refresh\n")
            self.assertTrue(reached.wait(20))
            terminal.type("\x1a")
            time.sleep(0.2)
            self.assertNotIn("Stopped", terminal.screen)
            go_on.set()
            terminal.wait_for("Stopped")
            self.assertEqual(self.program.run("token").stdout, "at-2\n")
            terminal.type("fg\n")
            terminal.wait_for("at-2")
            terminal.wait_for("ready> ")
            terminal.type("exit\n")
            terminal.wait()
        self.check_whole()


class AfterTheAnswerTest(InterruptCase):
    def test_while_the_keyring_does_not_answer(self):
        keyring = SecretService().start()
        self.addCleanup(keyring.end)
        self.program = Program(keyring.environment())
        self.addCleanup(self.program.close)
        self.serve()
        self.server.after_commit = lambda _: keyring.stop()
        process = self.start("refresh", "--store-timeout", "2")
        wait_until(lambda: self.server.refreshes == 1, "the commit")
        process.send_signal(signal.SIGINT)
        self.assertIn(PATIENCE, self.ends_by(process, signal.SIGINT))
        keyring.cont()
        self.check_whole()

    def test_while_the_token_is_printed(self):
        self.serve()
        for number in SIGNALS[:3]:
            with self.subTest(number), FullPipe() as pipe:
                process = self.start("refresh", stdout=pipe.writing)
                wait_until_held_up(process)
                process.send_signal(number)
                self.assertEqual(process.wait(60), -number)
                self.check_whole()


class AnyMomentTest(InterruptCase):
    def test_sixty_at_random_lose_nothing(self):
        chance = seeded()
        self.serve()
        times = []
        for _ in range(5):
            started = time.monotonic()
            self.renew()
            times.append(time.monotonic() - started)
        for _ in range(60):
            number = chance.choice(SIGNALS)
            process = self.start("refresh")
            time.sleep(chance.uniform(0, statistics.median(times)))
            process.send_signal(number)
            self.assertIn(process.wait(60), (-number, 0))
            self.server.settle()
            self.check_whole()


def opened(process, folder):
    """Whether the process has a file of the folder open; only root may look."""
    for link in pathlib.Path(f"/proc/{process.pid}/fd").iterdir():
        try:
            if link.readlink().parent == folder:
                return True
        except FileNotFoundError:  # closed meanwhile
            pass
    return False


def has_ended(process):
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as file:
            return file.read().rpartition(") ")[2].startswith("Z")
    except FileNotFoundError:
        return True


if __name__ == "__main__":
    unittest.main()
