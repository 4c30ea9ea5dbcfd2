"""`-o github`: the token is masked in the log before it is an output of the step."""

import os
import pathlib
import unittest

from exec_test import Issuer
from fault_server import response
from cli_session_test import JSON
from program import Program


class GithubOutputTest(unittest.TestCase):
    def setUp(self):
        self.program = Program()
        self.addCleanup(self.program.close)
        self.server = Issuer()
        self.addCleanup(self.server.stop)
        self.outputs = pathlib.Path(self.program.file("outputs", ""))

    def sign_in(self, outputs, *options):
        return self.program.run("password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username",
                                "alice", "--password-stdin", "--store", "none", "-o", "github", *options, input="secret",
                                environment={"GITHUB_OUTPUT": outputs and str(outputs)})

    def test_the_mask_comes_first_and_the_token_goes_to_the_file_alone(self):
        self.server.padding = "%0A<<E=\"'"
        done = self.sign_in(self.outputs)
        self.assertEqual((done.status, done.stderr), (0, ""))
        self.assertEqual(done.stdout, "::add-mask::at-1%250A<<E=\"'\n")  # the runner decodes %25
        self.assertEqual(self.outputs.read_text(), "access_token=at-1%0A<<E=\"'\n")

    def test_what_earlier_commands_of_the_step_wrote_stays(self):
        self.outputs.write_text("a=1\nb=2")
        self.assertEqual(self.sign_in(self.outputs).status, 0)
        self.assertEqual(self.outputs.read_text(), "a=1\nb=2\naccess_token=at-1\n")
        self.assertEqual(self.sign_in(self.outputs).status, 0)
        self.assertEqual(self.outputs.read_text(), "a=1\nb=2\naccess_token=at-1\naccess_token=at-2\n")

    def test_without_a_file_to_write_nothing_is_sent(self):
        for outputs, words in ((None, "GITHUB_OUTPUT, which is not set"), ("", "which is not set"),
                               ("/nonexistent/file", "cannot be written"), (self.program.home, "cannot be written")):
            with self.subTest(outputs):
                done = self.sign_in(outputs)
                self.assertEqual((done.status, done.stdout), (2, ""), done.stderr)
                self.assertIn(words, done.stderr)
        self.assertEqual(self.server.requests, [])

    def test_a_file_that_is_full_is_status_10_and_the_token_is_masked_already(self):
        done = self.sign_in("/dev/full")
        self.assertEqual((done.status, done.stdout), (10, "::add-mask::at-1\n"))
        self.assertIn("No space left", done.stderr)

    def test_a_token_with_control_characters_is_refused(self):
        self.server.answers = [response(b'{"access_token":"a\\nb=c","token_type":"Bearer"}', headers=JSON)]
        done = self.sign_in(self.outputs)
        self.assertEqual((done.status, done.stdout), (8, ""), done.stderr)
        self.assertEqual(self.outputs.read_text(), "")

    def test_the_form_may_come_from_a_variable_and_is_for_tokens_only(self):
        more = {"OAUTH_TOKEN_OUTPUT": "github", "GITHUB_OUTPUT": str(self.outputs)}
        self.assertEqual(self.program.run("list", environment=more).status, 0)
        self.assertEqual(self.program.run("token", environment={**more, "GITHUB_OUTPUT": None}).status, 2)
        self.assertEqual(self.program.run("list", "-o", "github", environment=more).status, 2)


if __name__ == "__main__":
    unittest.main()
