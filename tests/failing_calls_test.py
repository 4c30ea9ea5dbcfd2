"""Each system call of a command fails once: those that ask no server."""

import unittest

from failing_calls import FailingCallsCase


class FailingCallsTest(FailingCallsCase):
    def sign_in_once(self):
        self.serve()
        return lambda: None

    def test_token(self):
        self.check(self.sign_in_once(), ["token"], r"at-1\n")

    def test_exec(self):
        self.check(self.sign_in_once(), ["exec", "--token-fd", "5", "--", "true"])

    def test_sessions(self):
        prepare = self.sign_in_once()
        self.check(prepare, ["list"], r"SESSION .*\ndefault .*\n")
        self.check(prepare, ["show", "default"], r".*alice.*")

    def test_profiles(self):
        file = self.program.config_home / "oauth-token/config.toml"

        def write():
            file.parent.mkdir(mode=0o700, exist_ok=True)
            file.write_text('[profiles.work]\nissuer = "https://as.example"\n')

        self.check(write, ["profile", "set", "work", "--scope", "openid"])
        self.check(lambda: file.unlink(missing_ok=True), ["profile", "set", "work", "--issuer", "https://as.example"])
        self.check(write, ["profile", "list"], r"PROFILE .*\nwork .*\n")
        self.check(write, ["profile", "remove", "work"])

    def test_store_move(self):
        self.serve()
        folders = [self.program.home / "first", self.program.home / "second"]

        def other():
            folders.reverse()

        def words():
            return ["store", "move", "default", f"file:{folders[0]}"]

        self.check(other, words)


if __name__ == "__main__":
    unittest.main()
