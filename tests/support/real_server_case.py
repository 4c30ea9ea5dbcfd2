"""What the tests against real authorization servers share: one server and one keyring for a class."""

import json
import time

from authorization_servers import OidcProvider
from keyring_case import KeyringTestCase


class RealServerTest(KeyringTestCase):
    """The program against a real server; a home of its own for each test."""

    maxDiff = None

    @classmethod
    def start_server(cls):
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.start_server()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        super().setUp()
        self.secrets = 0

    def at_server(self, *words):
        return ["--issuer", self.server.issuer, "--cacert", self.server.ca_file, *words]

    def client(self, name, method, *, secret=None, encoding="form"):
        """The options of the client CLIENT_ID_`name`; `secret` takes the place of its own."""
        words = ["--client-id", self.server.values["CLIENT_ID" + name], "--client-auth", method]
        if method == "none":
            return words
        secret = self.server.values["CLIENT_SECRET" + name] if secret is None else secret
        if method == "client_secret_basic":
            words += ["--basic-encoding", encoding]
        self.secrets += 1
        return [*words, "--client-secret-file", self.program.file(f"client-secret-{self.secrets}", secret)]

    def password(self, *words, user="", password=None, username=None):
        """`user` is the suffix of USERNAME and PASSWORD; neither file nor descriptor adds a byte to the password."""
        password = self.server.values["PASSWORD" + user] if password is None else password
        username = self.server.values["USERNAME" + user] if username is None else username
        return self.program.run("password", *self.at_server("--username", username, "--password-stdin", *words),
                                input=password)

    def json_of(self, done):
        self.assertEqual(done.status, 0, done.stderr)
        return json.loads(done.stdout)

    def error_of(self, done):
        self.assertEqual(done.stdout, "")
        return json.loads(done.stderr.splitlines()[-1])

    def run_ok(self, *words):
        done = self.program.run(*words)
        self.assertEqual(done.status, 0, done.stderr)
        return done.stdout

    def live_through_a_session(self, *words):
        """Signs in, renews twice, asks about the token and revokes it; returns the access tokens in their order."""
        first = self.json_of(self.password("-o", "json", *words))
        self.assertEqual((first["token_type"], first["session"]), ("Bearer", "default"))
        self.assertGreater(first["expires_in"], 60)
        self.assertNotIn("refresh_token", first)
        self.assertEqual(self.run_ok("token"), first["access_token"] + "\n")
        tokens = [first["access_token"]]
        for _ in range(2):
            time.sleep(1.1)  # a signed token of the same second is the same token
            tokens.append(self.run_ok("refresh").rstrip("\n"))
            self.assertEqual(self.run_ok("token", "-o", "header"), f"Authorization: Bearer {tokens[-1]}\n")
        self.assertEqual(len(set(tokens)), 3)
        self.assertTrue(json.loads(self.run_ok("introspect"))["active"])
        self.assertEqual([each["name"] for each in json.loads(self.run_ok("list", "-o", "json"))], ["default"])
        self.assertEqual(self.run_ok("revoke"), "")
        self.assertEqual(self.program.run("token").status, 4)
        return tokens

    def store_holds_nothing(self):
        self.assertEqual(self.run_ok("list", "-o", "json"), "[]\n")


class OidcProviderCase(RealServerTest):
    """At oidc-provider, which has forgotten the requests of the test before."""

    @classmethod
    def start_server(cls):
        return OidcProvider().start()

    def setUp(self):
        super().setUp()
        self.server.forget_requests()
