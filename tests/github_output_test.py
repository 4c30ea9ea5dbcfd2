"""`-o github`: the token is masked in the log before it is an output of the step."""

import os
import pathlib
import resource
import signal
import tempfile
import unittest

from exec_test import Issuer
from fault_server import response
from cli_session_test import JSON
from cli_usage_test import require_root
from ordinary_user import as_user
from program import Program


class GithubOutputTest(unittest.TestCase):
    def setUp(self):
        self.program = Program()
        self.addCleanup(self.program.close)
        self.server = Issuer()
        self.addCleanup(self.server.stop)
        self.outputs = pathlib.Path(self.program.file("outputs", ""))

    def sign_in(self, outputs, *options, environment=None, **more):
        return self.program.run("password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username",
                                "alice", "--password-stdin", "--store", "none", "-o", "github", *options, input="secret",
                                environment={**(environment or {}), "GITHUB_OUTPUT": outputs and str(outputs)}, **more)

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
                               ("/nonexistent/file", "cannot be used"), (self.program.home, "cannot be used")):
            with self.subTest(outputs):
                done = self.sign_in(outputs)
                self.assertEqual((done.status, done.stdout), (2, ""), done.stderr)
                self.assertIn(words, done.stderr)
        self.assertEqual(self.server.requests, [])

    def test_a_file_that_cannot_grow_is_status_10_and_the_token_is_masked_already(self):
        def before():
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        done = self.sign_in(self.outputs, preexec_fn=before)
        self.assertEqual((done.status, done.stdout), (10, "::add-mask::at-1\n"))
        self.assertIn("File too large", done.stderr)

    def test_a_token_with_anything_but_visible_ascii_is_refused(self):
        for token in (r"a\nb=c", "x; echo", "a\u00e9", r"a\u007f"):
            with self.subTest(token):
                self.server.answers = [response(f'{{"access_token":"{token}","token_type":"Bearer"}}'.encode(),
                                                headers=JSON)]
                done = self.sign_in(self.outputs)
                self.assertEqual((done.status, done.stdout), (8, ""), done.stderr)
                self.assertEqual(self.outputs.read_text(), "")

    def test_variables_alone_cannot_put_a_token_into_a_file(self):
        more = {"OAUTH_TOKEN_OUTPUT": "github", "GITHUB_OUTPUT": str(self.outputs)}
        for words in (["password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username", "alice",
                       "--password-stdin", "--store", "none"], ["token"], ["refresh"]):
            with self.subTest(words[0]):
                done = self.program.run(*words, input="secret", environment=more)
                self.assertEqual((done.status, done.stdout), (2, ""), done.stderr)
                self.assertIn("OAUTH_TOKEN_OUTPUT cannot be github", done.stderr)
        self.assertEqual((self.server.requests, self.outputs.read_text()), ([], ""))
        self.assertEqual(self.sign_in(self.outputs, environment=more).status, 0)  # the flag says so too

    def test_the_form_is_for_tokens_only(self):
        more = {"OAUTH_TOKEN_OUTPUT": "github", "GITHUB_OUTPUT": str(self.outputs)}
        self.assertEqual(self.program.run("list", environment=more).status, 0)
        self.assertEqual(self.program.run("list", "-o", "github", environment=more).status, 2)

    def test_a_link_is_refused_and_so_is_what_is_no_regular_file(self):
        link, fifo = (self.program.home / name for name in ("link", "fifo"))
        link.symlink_to(self.outputs)
        os.mkfifo(fifo)
        for outputs, words in ((link, "it is a link"), (fifo, "no regular file"), ("/dev/null", "no regular file")):
            with self.subTest(outputs):
                done = self.sign_in(outputs)
                self.assertEqual((done.status, done.stdout), (2, ""), done.stderr)
                self.assertIn(words, done.stderr)
        self.assertEqual((self.server.requests, self.outputs.read_text()), ([], ""))

    def test_the_file_is_the_user_s_own_and_root_may_use_the_runner_s(self):
        require_root()
        os.chown(self.outputs, 1001, 1001)
        self.outputs.chmod(0o666)
        self.assertEqual(self.sign_in(self.outputs).status, 0)
        self.program.home.chmod(0o755)
        with tempfile.TemporaryDirectory() as home:
            os.chown(home, 12345, 12345)
            self.program.environment.update(HOME=home, XDG_CONFIG_HOME=home, XDG_STATE_HOME=home, XDG_RUNTIME_DIR=home)
            self.program.prefix = as_user(12345)
            for owner, mode, words in ((1001, 0o666, "belongs to user id 1001"), (12345, 0o646, "can write to it"),
                                       (12345, 0o664, "can write to it"), (12345, 0o644, "")):
                with self.subTest(owner=owner, mode=oct(mode)):
                    os.chown(self.outputs, owner, owner)
                    self.outputs.chmod(mode)
                    done = self.sign_in(self.outputs)
                    self.assertEqual(done.status, 2 if words else 0, done.stderr)
                    self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
