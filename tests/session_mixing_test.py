"""Several sessions of one profile: another user, another scope or another resource never gets a token that is not its own."""

import json
import threading
import unittest

from renewal_case import RenewalCase
from rotating_server import RotatingServer

READ, WRITE = "https://read.example/", "https://write.example/"


class MixingTest(RenewalCase):
    def setUp(self):
        super().setUp()
        self.server = RotatingServer()
        self.addCleanup(self.server.stop)
        self.program.file("config/oauth-token/config.toml",
                          f'[profiles.work]\ntoken-endpoint = "{self.server.url()}"\nclient-id = "app"\n')
        (self.program.config_home / "oauth-token").chmod(0o700)

    def sign_in(self, *words, username="alice", **options):
        """The words come after the profile's own."""
        return self.program.run("password", "work", "--username", username, *words, "--password-stdin", input="secret",
                                **options)

    def signed_in(self, *words, **options):
        done = self.sign_in(*words, **options)
        self.assertEqual((done.status, done.stdout), (0, self.server.access_token + "\n"), done.stderr)
        return done.stdout

    def tokens(self):
        return [path.name for path in (self.program.state_home / "oauth-token/tokens").iterdir()]

    def record(self, name):
        return json.loads((self.program.state_home / f"oauth-token/sessions/{name}.json").read_text())

    def test_each_has_its_own_tokens(self):
        wanted = {"work": ("alice",), "bob": ("bob",), "reading": ("alice", "--scope", "read"),
                  "writing": ("alice", "--scope", "write"), "one": ("alice", "--resource", READ),
                  "both": ("alice", "--resource", READ, "--resource", WRITE)}
        printed = {name: self.signed_in("--session", name, *words, username=username)
                   for name, (username, *words) in wanted.items()}
        self.assertEqual(len(set(printed.values())), len(wanted))
        self.assertEqual(len(self.tokens()), len(wanted))
        for name in wanted:
            with self.subTest(name):
                self.assertEqual(self.program.run("token", name)[:2], (0, printed[name]))
                renewed = self.program.run("refresh", name)
                self.assertEqual(renewed[:2], (0, self.server.access_token + "\n"))
                sent = self.server.requests[-1].body.decode()
                self.assertEqual(sent.count("resource="), {"one": 1, "both": 2}.get(name, 0), sent)
                self.assertEqual(self.program.run("token", name)[:2], renewed[:2])
                printed[name] = renewed.stdout
        for name in wanted:
            self.assertEqual(self.program.run("token", name).stdout, printed[name])
        self.assertEqual(self.server.reuses, 0)

    def test_the_wrong_one_is_not_handed_out(self):
        self.signed_in("--scope", "read", "--resource", READ)
        attempts = len(self.server.requests)
        table = {"--scope": ("read", "write"), "--resource": (READ, WRITE), "--username": ("alice", "bob")}
        for option, (ours, other) in table.items():
            with self.subTest(option):
                self.assertEqual(self.program.run("token", "work", option, ours).status, 0)
                done = self.program.run("token", "work", option, other)
                self.assertEqual((done.status, done.stdout), (2, ""))
                self.assertIn(other, done.stderr)
        self.assertEqual(self.program.run("token", "work", "--scope", "read", "--scope", "write").status, 2)
        self.assertEqual(len(self.server.requests), attempts)

    def test_signing_in_over_another_is_refused_before_anybody_is_asked(self):
        self.signed_in("--scope", "a", "--scope", "b", "--resource", READ)
        before = self.record("work"), self.tokens(), len(self.server.requests)
        same = ("--scope", "a", "--scope", "b", "--resource", READ)
        for username, words, named in (("bob", same, "bob"), ("alice", same[:2] + same[4:], '"a b", not "a"'),
                                       ("alice", same + ("--scope", "c"), "a b c"), ("alice", same[:4], READ),
                                       ("alice", same + ("--resource", WRITE), WRITE), ("alice", (), "none")):
            with self.subTest(username=username, words=words):
                with self.program.terminal("password", "work", "--username", username, *words) as terminal:
                    self.assertEqual(terminal.wait(), 2)
                self.assertNotIn("Password", terminal.screen)
                for text in (named, "--session", "--replace"):
                    self.assertIn(text, terminal.screen)
        self.assertEqual((self.record("work"), self.tokens(), len(self.server.requests)), before)

    def test_the_same_one_in_any_order_goes_on(self):
        self.signed_in("--scope", "a", "--scope", "b", "--resource", READ, "--resource", WRITE)
        first = self.record("work")
        self.signed_in("--scope", "b a", "--resource", WRITE, "--resource", READ)
        second = self.record("work")
        self.assertEqual((second["id"], second["generation"]), (first["id"], first["generation"] + 1))
        self.assertEqual(len(self.tokens()), 1)

    def test_replacing_leaves_nothing_of_the_old_one(self):
        self.signed_in("--scope", "read")
        self.program.run("refresh", "work")
        old = self.record("work")["id"]
        self.signed_in("--replace", username="bob")
        self.assertNotEqual(self.record("work")["id"], old)
        self.assertEqual((self.record("work")["username"], len(self.tokens())), ("bob", 1))
        left = [path for path in (self.program.state_home / "oauth-token").rglob(old + "*") if path.parent.name != "locks"]
        self.assertEqual(left, [])

    def test_two_users_who_sign_in_at_once(self):
        """Who comes second waits, is refused then, and its password is not sent."""
        held, arrived = threading.Event(), threading.Event()
        sign_in = self.server._sign_in

        def slowly():
            arrived.set()
            held.wait(20)
            return sign_in()

        self.server._sign_in = slowly
        results = {}

        def run(name):
            results[name] = self.sign_in(username=name)

        first, second = (threading.Thread(target=run, args=(name,)) for name in ("alice", "bob"))
        first.start()
        self.assertTrue(arrived.wait(20))
        second.start()
        second.join(1)
        self.assertEqual(results, {})
        held.set()
        first.join(30)
        second.join(30)
        self.assertEqual((results["alice"].status, results["bob"].status), (0, 2), results["bob"].stderr)
        self.assertIn("--replace", results["bob"].stderr)
        self.assertEqual((self.server.passwords, self.record("work")["username"]), (1, "alice"))


if __name__ == "__main__":
    unittest.main()
