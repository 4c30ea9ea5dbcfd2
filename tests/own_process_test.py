"""What other programs of the same user can see of the running program: as little as of another user's. It leaves no core."""

import resource
import subprocess
import unittest

from fault_server import FaultServer, never_answering
from full_pipe import wait_until
from ordinary_user import InstalledProgramCase, OrdinaryUser


class OwnProcessTest(InstalledProgramCase):
    def setUp(self):
        self.program = OrdinaryUser(self.path)
        self.addCleanup(self.program.close)

    def read(self, process, name):
        """What a program of the same user gets of a file in /proc/PID."""
        done = subprocess.run([*self.program.prefix, "cat", f"/proc/{process.pid}/{name}"], capture_output=True, timeout=60,
                              check=False)
        return done.stdout, done.stderr.decode()

    def waiting(self):
        """The program, with its password sent, and no answer yet."""
        server = FaultServer(never_answering)
        self.addCleanup(server.stop)
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        process = self.program.start(
            "password", "--token-endpoint", server.url(), "--client-id", "app", "--username", "alice", "--store", "none",
            "--password-stdin", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)))
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        process.stdin.write(b"secret")
        process.stdin.close()
        process.stdin = None
        wait_until(lambda: server.connections, "the program's request")
        return process

    def test_a_program_of_the_same_user_reads_neither_memory_nor_environment(self):
        process = self.waiting()
        for name in ("environ", "auxv", "maps", "mem"):
            with self.subTest(name):
                found, reason = self.read(process, name)
                self.assertEqual(found, b"")
                self.assertIn("Permission denied", reason)
        with subprocess.Popen([*self.program.prefix, "sleep", "60"], env={"SEEN": "yes"}) as another:
            self.addCleanup(another.kill)
            # Else the rest proves nothing.
            wait_until(lambda: b"SEEN" in self.read(another, "environ")[0], "an environment that may be read")
            another.kill()

    def test_it_leaves_no_core(self):
        limits, _ = self.read(self.waiting(), "limits")
        core, = [line.split() for line in limits.decode().splitlines() if line.startswith("Max core file size")]
        self.assertEqual(core[4], "0")


if __name__ == "__main__":
    unittest.main()
