"""Each system call of a command fails once: those that ask a server."""

import unittest

from failing_calls import FailingCallsCase


class FailingRequestsTest(FailingCallsCase):
    def test_forget(self):
        self.check(self.serve, ["forget", "default"])

    def test_password(self):
        self.serve()
        password = self.program.file("password", "secret\n")
        self.check(lambda: None, ["password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username", "alice",
                                  "--password-file", password, "--replace", "--timeout", "2"], r"at-\d+\n")

    def test_a_refresh_token_that_the_caller_keeps(self):
        self.serve()
        kept = self.program.home / "kept"

        def issue():
            self.sign_in()
            kept.write_text(f"rt-{self.server.issued}")

        words = ["refresh", "--token-endpoint", self.server.url(), "--client-id", "app", "--refresh-token-command", f"cat {kept}",
                 "--on-rotation", f"cat >{kept}", "--timeout", "2"]
        self.check(issue, words, r"at-\d+\n")
        words[5:9] = ["--refresh-token-file", str(kept), "--write-refresh-token", str(kept)]
        self.check(issue, words, r"at-\d+\n")

    def sign_in(self):
        self.program.sign_in(self.server, "--replace")


if __name__ == "__main__":
    unittest.main()
