"""In which order things reach the disk, as strace sees it: a crash of the machine at any time leaves the old or the new file,
never an empty one, and a refresh token is used only when the journal says so on the disk.
"""

import collections
import re
import subprocess
import unittest

from renewal_case import RenewalCase

CALLS = "write,pwrite64,fsync,fdatasync,rename,renameat,sendto"
CALL = re.compile(r"^\d+ +(?P<name>\w+)\((?P<words>.*)\) += (?P<result>\d+)")
FILE = re.compile(r"^\d+<(?P<path>/[^>]*)>")
RENAMED = re.compile(r'^(?:\d+<(?P<folder>[^>]*)>, )?"(?P<old>[^"]*)", (?:\d+<[^>]*>, )?"(?P<new>[^"]*)"')

Call = collections.namedtuple("Call", "name path new")


def parse(line):
    """One that succeeded, with the file that it is about; None for any other line."""
    found = CALL.match(line)
    if not found:
        return None
    name, words = found["name"], found["words"]
    if name.startswith("rename"):
        renamed = RENAMED.match(words)
        folder = renamed["folder"] + "/" if renamed["folder"] else ""
        return Call("rename", folder + renamed["old"], folder + renamed["new"])
    file = FILE.match(words)
    return Call({"pwrite64": "write", "fdatasync": "fsync"}.get(name, name), file["path"] if file else "", "")


class DurableOrderTest(RenewalCase):
    def trace(self, *words, **options):
        """The calls of a run that succeeds."""
        trace = self.program.home / "trace"
        done = subprocess.run(["strace", "-f", "-y", "-qq", "-s", "512", "-e", "trace=" + CALLS, "-o", trace, self.program.path,
                               *words], env=self.program.environment, capture_output=True, timeout=60, check=False, **options)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return [call for call in map(parse, trace.read_text().splitlines()) if call]

    def check_replaced(self, calls, name):
        """The file was synced after the last byte before it took its place, and then the folder."""
        (at,) = [i for i, call in enumerate(calls) if call.name == "rename" and call.new.endswith(name)]
        about = [call.name for call in calls[:at] if call.path == calls[at].path]
        self.assertEqual(about[-2:], ["write", "fsync"], name)
        folder = calls[at].new.rpartition("/")[0]
        self.assertIn(("fsync", folder), [call[:2] for call in calls[at:]], name)

    def index(self, calls, name, path, after=0):
        return next((i for i, call in enumerate(calls) if i >= after and call.name == name and call.path.endswith(path)), None)

    def test_a_renewal(self):
        self.serve()
        calls = self.trace("refresh")
        sent = self.index(calls, "sendto", "")
        intent = self.index(calls, "write", ".next")
        self.assertLess(intent, sent)
        synced = self.index(calls, "fsync", ".next", intent)
        self.assertTrue(synced and synced < sent, "the intent was not on the disk when the refresh token was sent")
        folder = self.index(calls, "fsync", "/journal", synced)
        self.assertTrue(folder and folder < sent, "the journal's name was not on the disk when the refresh token was sent")

        answer = self.index(calls, "write", ".next", sent)
        kept = self.index(calls, "fsync", ".next", answer)
        stored = self.index(calls, "rename", ".tmp", sent)
        self.assertTrue(kept and kept < stored, "the answer was not on the disk when the store was written")
        self.check_replaced(calls[sent:], ".sealed")
        self.check_replaced(calls[sent:], "sessions/default.json")

    def test_a_refresh_token_that_the_caller_keeps(self):
        self.serve()
        token = self.program.file("refresh-token", next(iter(self.server.tokens)) + "\n")
        calls = self.trace("refresh", *self.server_words(), "--refresh-token-file", token, "--write-refresh-token", token)
        self.check_replaced(calls, "/refresh-token")

    def server_words(self):
        return ("--token-endpoint", self.server.url(), "--client-id", "app")

    def test_a_profile(self):
        calls = self.trace("profile", "set", "work", "--issuer", "https://as.example", "--client-id", "app", "--client-auth",
                           "none")
        self.check_replaced(calls, "/config.toml")
        calls = self.trace("profile", "set", "work", "--scope", "openid")
        self.check_replaced(calls, "/config.toml")


if __name__ == "__main__":
    unittest.main()
