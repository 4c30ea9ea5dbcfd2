"""Servers that answer a renewal in every wrong way: the right class and exit status, no control character on the terminal, no
file and no process left over, and the session is what it was.
"""

import unittest

from fault_server import response
from hostile_answers import BODIES, ENDS, FRAMES, JSON, REFUSED, SLOW, STATUS, HostileCase


class RefreshTest(HostileCase):
    def refresh(self, cases, *more):
        """The session is what it was: its record but for the failure, and what it can do."""
        self.serve(grace=60)
        self.renew()
        record = self.record()
        files = self.files()
        for name, (behave, expected) in cases.items():
            with self.subTest(name):
                self.server.behaviours = (behave,)
                self.check_output(expected, *self.run_to_the_end("refresh", "--force", *more))
                self.server.behaviours = (self.server._behave,)
                self.server.settle()
                if self.record()["generation"] == record["generation"]:
                    failure = self.record().pop("failure")
                    self.assertIn(failure["class"], [expected] if expected else STATUS)
                    self.assertEqual({**self.record(), "failure": None}, {**record, "failure": None})
                self.assertEqual(self.files(), files)
                self.renew("--force")
                self.assertEqual(self.server.reuses, 0)
                record = self.record()

    def test_connections_that_end(self):
        self.refresh(ENDS)

    def test_answers_that_take_too_long(self):
        self.refresh(SLOW, "--timeout", "1")

    def test_answers_that_break_http(self):
        self.refresh(FRAMES)

    def test_bodies_that_break_oauth(self):
        self.refresh(BODIES)

    def test_the_refresh_token_of_a_refused_answer_is_used_from_then_on(self):
        for name, (body, status) in REFUSED.items():
            with self.subTest(name):
                self.serve()
                self.server.after_commit = lambda _: response(body % {b"new": b"rt-%d" % self.server.issued}, status, JSON)
                error = self.refused("refresh", status=8)
                self.assertEqual("neither" in error["message"], b"access_token" not in body, error["message"])
                self.assertEqual(error["http_status"], status)
                self.check_whole()


if __name__ == "__main__":
    unittest.main()
