"""What `cmake --install` puts into a prefix is all that a user needs: the program, and the library for a project of theirs."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support.authorization_servers import OidcProvider

PROJECT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ["OAUTH_TOKEN_BUILD"])


def run(*command, environment=None, input=b""):
    done = subprocess.run(
        [str(word) for word in command], env=environment, input=input, capture_output=True, timeout=200, check=False
    )
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} ended with status {done.returncode}\n{(done.stdout + done.stderr).decode()}")
    return done.stdout.decode()


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="oauth-token-package."))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.prefix = cls.folder / "prefix"
        run("cmake", "--install", BUILD, "--prefix", cls.prefix)
        cls.server = OidcProvider().start()
        cls.addClassCleanup(cls.server.stop)

    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8"}

    def test_the_program_runs_from_where_it_was_installed(self):
        program = self.prefix / "bin" / "oauth-token"
        self.assertRegex(run(program, "--version", environment=self.environment()), r"\d+\.\d+\.\d+")
        token = run(
            program, "password", "--issuer", self.server.issuer, "--cacert", self.server.ca_file, "--client-id",
            self.server.client_id_public, "--username", self.server.username, "--password-stdin", "--store", "none",
            environment=self.environment(), input=self.server.password.encode(),
        )
        self.assertRegex(token, r"\A[A-Za-z0-9_-]{43}\n\Z")

    def test_the_completions_are_those_that_the_program_prints(self):
        program = self.prefix / "bin" / "oauth-token"
        for shell, place in (
            ("bash", "bash-completion/completions/oauth-token"),
            ("zsh", "zsh/*/_oauth-token"),
            ("fish", "fish/vendor_completions.d/oauth-token.fish"),
        ):
            printed = run(program, "completion", shell, environment=self.environment())
            self.assertEqual([path.read_text() for path in (self.prefix / "share").glob(place)], [printed], place)

    def test_the_manual_is_where_man_looks(self):
        for page in ("oauth-token.1", "oauth-token-profile-set.1", "oauth_token.3", "oauth-token-profile.5"):
            self.assertTrue((self.prefix / "share" / "man" / f"man{page[-1]}" / page).is_file(), page)
        found = run("man", "-M", self.prefix / "share" / "man", "-w", "oauth-token-password")
        self.assertEqual(found.strip(), str(self.prefix / "share" / "man" / "man1" / "oauth-token-password.1"))

    def test_the_examples_build_and_run_against_the_installed_library(self):
        # Programs in the prefix find its modules beside them.
        run(
            "cmake", "-S", PROJECT / "examples", "-B", self.folder / "examples", "-G", "Ninja",
            f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_RUNTIME_OUTPUT_DIRECTORY={self.prefix}/bin",
        )
        run("cmake", "--build", self.folder / "examples")
        token = run(
            self.prefix / "bin" / "password", self.server.token_endpoint, self.server.client_id_public,
            self.server.username, self.server.ca_file, environment=self.environment(), input=self.server.password.encode(),
        )
        self.assertRegex(token, r"\A[A-Za-z0-9_-]{43}\Z")
        token = run(
            self.prefix / "bin" / "client_assertion", self.server.issuer, "es256-client", self.server.key_es256,
            self.server.ca_file, environment=self.environment(),
        )
        self.assertRegex(token, r"\A[A-Za-z0-9_-]{43}\Z")
        printed = run(
            self.prefix / "bin" / "async", self.server.token_endpoint, self.server.client_id,
            environment={**self.environment(), "CLIENT_SECRET": self.server.client_secret,
                         "SSL_CERT_FILE": self.server.ca_file},
        )
        self.assertEqual(printed, "10 tokens, 0 failures\n")

    def test_each_public_header_compiles_alone_with_the_flags_of_pkg_config(self):
        flags = run(
            "pkg-config", f"--define-variable=prefix={self.prefix}", "--cflags", "oauth_token",
            environment={**self.environment(), "PKG_CONFIG_PATH": str(next(self.prefix.glob("lib/**/pkgconfig")))},
        ).split()
        headers = sorted((self.prefix / "include" / "oauth_token").glob("*.hpp"))
        self.assertGreater(len(headers), 5)
        for header in headers:
            with self.subTest(header=header.name):
                run("c++", "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", *flags,
                    "-include", header, "-x", "c++", "/dev/null")


if __name__ == "__main__":
    unittest.main()
