"""What stands in the configuration file and the environment redirects no session and weakens none."""

import json
import os
import tempfile
import unittest

from certificates import Authority
from fault_server import FaultServer, answering, response, server_tls
from keyring_case import KeyringTestCase

TOKEN = response(b'{"access_token":"at","token_type":"Bearer","expires_in":3600,"refresh_token":"rt"}',
                 headers=[("Content-Type", "application/json")])


class SessionTrustTest(KeyringTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.ours = Authority(folder.name + "/ours")
        cls.other = Authority(folder.name + "/other", "Other Authority")

    def server(self, authority, name):
        server = FaultServer(answering(TOKEN), tls=server_tls(*authority.certificate(name)))
        self.addCleanup(server.stop)
        return server

    def test_no_variable_takes_the_place_of_the_authority_that_a_session_remembers(self):
        server = self.server(self.ours, "first")
        done = self.program.run("password", "--token-endpoint", server.url(), "--client-id", "app", "--cacert",
                                self.ours.file, "--username", "alice", "--password-stdin", input="secret")
        self.assertEqual(done.status, 0, done.stderr)
        server.tls = server_tls(*self.other.certificate("impostor"))
        for variable in ("SSL_CERT_FILE", "CURL_CA_BUNDLE"):
            with self.subTest(variable):
                done = self.program.run("refresh", environment={variable: self.other.file})
                self.assertEqual((done.status, done.stdout, len(server.requests)), (9, "", 1), done.stderr)
        done = self.program.run("refresh", environment={"OAUTH_TOKEN_CACERT": self.other.file})
        self.assertEqual((done.status, done.stdout, len(server.requests)), (2, "", 1), done.stderr)
        self.assertIn(self.other.file, done.stderr)
        self.assertIn(self.ours.file, done.stderr)

    def test_no_profile_weakens_the_connection_of_a_session_to_another_machine(self):
        server = self.server(self.ours, "third")
        for member in ("token_endpoint", "introspection_endpoint", "revocation_endpoint", "issuer"):
            server.requests.clear()
            self.program.file("config/oauth-token/config.toml", "", 0o600)
            (self.program.config_home / "oauth-token").chmod(0o700)
            done = self.program.run("password", "--token-endpoint", server.url(), "--client-id", "app", "--cacert",
                                    self.ours.file, "--username", "alice", "--password-stdin", "--replace", input="secret")
            self.assertEqual(done.status, 0, done.stderr)
            for flag in ("insecure-tls", "allow-http"):
                self.program.file("config/oauth-token/config.toml", f"[profiles.default]\n{flag} = true\n")
                self.assertEqual(self.program.run("refresh", "--quiet").status, 0)
            record = self.program.state_home / "oauth-token/sessions/default.json"
            text = json.loads(record.read_text())
            text[member] = "https://192.0.2.1/x"
            record.write_text(json.dumps(text))
            for command in ("refresh", "introspect", "revoke"):
                for flag in ("insecure-tls", "allow-http"):
                    with self.subTest(member=member, command=command, flag=flag):
                        self.program.file("config/oauth-token/config.toml", f"[profiles.default]\n{flag} = true\n")
                        done = self.program.run(command)
                        self.assertEqual((done.status, done.stdout, len(server.requests)), (2, "", 3), done.stderr)
                        self.assertIn(f'{flag} in profile "default" is for servers on this machine only', done.stderr)
                        self.assertIn("192.0.2.1", done.stderr)

    def test_a_configuration_of_another_owner_is_refused(self):
        if os.geteuid() != 0:
            raise PermissionError("Only root can give a file to another user: run this test as root.")
        server = self.server(self.ours, "second")
        path = self.program.file("config/oauth-token/config.toml",
                                 f'[profiles.default]\ntoken-endpoint = "{server.url()}"\n'
                                 'password-command = "touch ran; echo secret"\n')
        folder = self.program.config_home / "oauth-token"
        folder.chmod(0o700)
        for owned in (path, folder):
            with self.subTest(owned):
                os.chown(owned, 65534, 65534)
                done = self.program.run("password", "--username", "alice", "--store", "none", cwd=self.program.home)
                self.assertEqual((done.status, done.stdout, server.connections), (2, "", 0), done.stderr)
                self.assertIn(str(owned), done.stderr)
                os.chown(owned, 0, 0)
        self.assertFalse((self.program.home / "ran").exists())


if __name__ == "__main__":
    unittest.main()
