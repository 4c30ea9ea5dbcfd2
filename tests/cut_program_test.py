"""The program, cut off at a sample of the bytes of an exchange (cut_request_test and cut_refresh_test try each, in one process):
class and exit status, nothing left over, and the session goes on.
"""

import json
import pathlib
import unittest

from certificates import Authority
from fault_server import Connection, server_tls
from hostile_answers import RAW, HostileCase
from relays import CuttingRelay
from rotating_server import RotatingServer

CUTS = 9  # of each direction, beside the first byte and the last


class CutProgramTest(HostileCase):
    def relay(self, tls, **options):
        """A relay in front of a server, and the words that name them."""
        words = []
        if tls:
            authority = Authority(self.program.home / "ca")
            tls, words = server_tls(*authority.certificate("server")), ["--cacert", authority.file]
        self.server = RotatingServer(60, tls=tls)
        self.addCleanup(self.server.stop)
        relay = CuttingRelay(self.server.port, **options)
        self.addCleanup(relay.stop)
        return relay, ["--token-endpoint", relay.url("https" if tls else "http"), "--client-id", "app", "--username", "alice",
                       "--password-stdin", *words]

    def ask(self, *words):
        """Exit status and error object."""
        status, out, err = self.run_to_the_end(*words, "-o", "json", input=b"secret")
        self.assertIsNone(RAW.search(out + err))
        self.assertEqual(bool(out), status == 0, err)
        return status, json.loads(err.splitlines()[-1]) if status else {}

    def each_cut(self, relay, check, *words):
        """Sets the relay to each cut and runs the program; `check` hears how many bytes were cut off, and whether there
        is a token all the same."""
        self.assertEqual(self.ask(*words)[0], 0)
        for to_client, size in dict(relay.passed).items():
            for offset in sorted({0, 1, size - 1} | {size * number // CUTS for number in range(1, CUTS)}):
                for end in (Connection.close, Connection.reset):
                    with self.subTest(words[0], to_client=to_client, offset=offset, end=end.__name__):
                        relay.cut = (to_client, offset, end)
                        status, error = self.ask(*words)
                        relay.cut = None
                        relay.settle()
                        self.assertIn((status, error.get("class")), [(7, "network"), (0, None)])
                        if status != 0:
                            self.assertEqual(error["retry_safe"], error["sent"] == "no")
                        check(size - offset, status == 0)

    def test_a_password_request(self):
        for tls in (False, True):
            relay, words = self.relay(tls)
            files = sorted(pathlib.Path(self.program.home).rglob("*"))
            before = 1

            def check(missing, has_token):
                nonlocal before
                self.assertFalse(has_token and missing > 40)  # the end of TLS is no part of the answer
                self.assertLessEqual(self.server.passwords - before, 1)
                before = self.server.passwords

            self.each_cut(relay, check, "password", *words, "--store", "none")
            self.assertEqual(sorted(pathlib.Path(self.program.home).rglob("*")), files)

    def test_a_renewal(self):
        for tls in (False, True):
            relay, words = self.relay(tls)
            self.assertEqual(self.ask("password", *words, "--replace")[0], 0)
            self.renew()
            files, generation = self.files(), self.record()["generation"] + 1

            def check(missing, has_token):  # when TLS is resumed, the repetition may get through
                nonlocal generation
                record = self.record()
                generation += has_token or missing == 1 and record["generation"] > generation  # the refresh token had come
                self.assertEqual((record["generation"], record.get("dead_generation", 0)), (generation, 0))
                self.assertEqual(record.get("failure") is None, has_token)
                self.assertEqual(self.files(), files)

            self.each_cut(relay, check, "refresh", "--force")
            self.renew("--force")
            self.renew()
            self.assertEqual(self.server.reuses, 0)

    def test_byte_by_byte(self):
        """No part of an exchange need come in one piece."""
        for tls in (False, True):
            _, words = self.relay(tls, bytewise=True)
            self.assertEqual(self.ask("password", *words, "--replace")[0], 0)
            self.renew()


if __name__ == "__main__":
    unittest.main()
