"""What tests of renewal have in common: a session in sealed files at a server that rotates."""

import json
import unittest

from rotating_server import RotatingServer
from sealed_sessions import SealedProgram, sign_in

# What the run after a lost answer says.
LOST = "ended before its answer could be kept"
# A page of the journal: a line, then the size of the sealed answer, zero bytes until there is one.
JOURNAL_LINE = 192


class RenewalCase(unittest.TestCase):
    """Each test has a program and, after `serve`, a server and a session, both kept by itself."""

    def setUp(self):
        self.program = SealedProgram()
        self.addCleanup(self.program.close)

    def serve(self, grace=0, words=(), **options):
        self.server = RotatingServer(grace, **options)
        self.addCleanup(self.server.stop)
        sign_in(self.program, self.server, "--replace", *words)

    def refused(self, *words, status=7, **options):
        """The error object of a run that fails, and prints nothing else."""
        done = self.program.run(*words, "-o", "json", **options)
        self.assertEqual((done.status, done.stdout), (status, ""), done.stderr)
        return json.loads(done.stderr.splitlines()[-1])

    def renew(self, *words, **options):
        done = self.program.run("refresh", *words, **options)
        self.assertEqual((done.status, done.stdout), (0, self.server.access_token + "\n"), done.stderr)

    def journal_has_the_answer(self):
        """After a commit: it was written, and perhaps taken over into the store."""
        pages = list(self.program.state_home.glob("oauth-token/journal/*.next"))
        return not pages or pages[0].read_bytes()[JOURNAL_LINE:JOURNAL_LINE + 1] != b"\0"

    def check_whole(self, force=True, **options):
        """`--force`, since right after a failure nobody asks the server again."""
        self.server.before_commit = self.server.after_commit = None
        self.renew(*["--force"] * force, **options)
        self.renew(**options)
        self.assertEqual(self.server.reuses, 0)

    def check_lost(self):
        self.server.before_commit = self.server.after_commit = None
        self.assertIn(LOST, self.refused("refresh", "--force", status=4)["message"])
