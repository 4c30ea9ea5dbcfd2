"""A stored token that is still valid: printing it makes no network call, takes no lock, writes nothing, and with sealed files
speaks to no D-Bus. Seen with strace."""

import re
import subprocess
import unittest

from program import Program, text
from rotating_server import RotatingServer
from sealed_sessions import SealedProgram, sign_in
from secret_service import SecretService

SEEN = "connect,socket,flock,fcntl,openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,execve,sendto,sendmsg"


def calls(program, *words):
    """The system calls of a run with status 0, as strace writes them, and what it printed."""
    trace = program.home / "trace"
    done = subprocess.run(["strace", "-f", "-qq", "-e", "trace=" + SEEN, "-o", trace, program.path, *words],
                          env=program.environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"status {done.returncode}: {text(done.stderr)}")
    return trace.read_text().splitlines(), text(done.stdout)


def matching(lines, pattern):
    return [line for line in lines if re.search(pattern, line)]


class CachedPathTest(unittest.TestCase):
    INTERNET = r"AF_INET"
    LOCK = r"flock\(|F_SETLK|F_OFD_SETLK|/?locks"
    BUS = r"AF_UNIX"
    WRITES = r"open.*(O_WRONLY|O_RDWR|O_CREAT)|mkdir|rename|unlink|creat\("

    def setUp(self):
        self.server = RotatingServer()
        self.addCleanup(self.server.stop)

    def check(self, program, command):
        """The token comes from the store; what a renewal does is seen in one, so that it can be missed here."""
        lines, printed = calls(program, *command)
        self.assertEqual(printed, "at-1\n")
        renewal, printed = calls(program, "refresh")
        self.assertEqual(printed, "at-2\n")
        for name in ("INTERNET", "LOCK", "WRITES"):
            pattern = getattr(self, name)
            self.assertNotEqual(matching(renewal, pattern), [], name)
            self.assertEqual([line for line in matching(lines, pattern) if '"/dev/' not in line], [], name)
        self.assertEqual(matching(lines, "libcurl|libssl|execve.*/bin/sh"), [])
        return lines

    def test_sealed_files(self):
        for command in (["token"], ["token", "--min-valid", "600"]):
            with self.subTest(command), SealedProgram() as program:
                self.server.issued = 0
                sign_in(program, self.server)
                lines = self.check(program, command)
                self.assertEqual(matching(lines, self.BUS), [])
                self.assertEqual(matching(lines, "libsecret|libgio|libdbus"), [])

    def test_a_bus_that_is_there_is_left_alone(self):
        with SecretService() as keyring, SealedProgram(keyring.environment()) as program:
            sign_in(program, self.server)
            self.assertEqual(matching(self.check(program, ["token"]), self.BUS), [])

    def test_a_keyring(self):
        with SecretService() as keyring, Program(keyring.environment()) as program:
            sign_in(program, self.server)
            lines = self.check(program, ["token"])
            bus = keyring.environment()["DBUS_SESSION_BUS_ADDRESS"].partition("=")[2]
            self.assertNotEqual(matching(lines, re.escape(bus)), [])
            self.assertEqual([line for line in matching(lines, r"connect\(") if bus not in line], [])


if __name__ == "__main__":
    unittest.main()
