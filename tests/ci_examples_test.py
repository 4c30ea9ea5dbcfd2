"""The examples for CI systems: the shell lines of each are run against a server whose refresh tokens are good once, with a
stand-in for what the CI system itself does."""

import base64
import json
import os
import pathlib
import re
import shlex
import subprocess
import textwrap
import unittest

from cli_session_test import Server
from fault_server import response
from program import Program
from sealed_sessions import new_store_key

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples/ci"


class World(Server):
    """Authorization server, API and GitLab in one."""

    def __init__(self):
        self.saved = []
        self.saving_fails = False
        super().__init__()

    def _answer(self, request):
        if request.target == "/things":
            good = request.header("Authorization") == [f"Bearer at-{self.count}"]
            return response(b"things\n", 200 if good else 401)
        if request.target == "/api/v4/projects/7/variables/OAUTH_TOKEN_REFRESH_TOKEN":
            if self.saving_fails or request.method != "PUT" or request.header("PRIVATE-TOKEN") != ["glpat-1"]:
                return response(b"", 403)
            self.saved.append(re.search(rb'name="value".*?\r\n\r\n(.*?)\r\n', request.body, re.S)[1].decode())
            return response(b"{}")
        return super()._answer(request)


def block(text, start):
    """What stands below the line `start` and is indented more than it, without that indentation."""
    lines = text.splitlines()
    first = next(i for i, line in enumerate(lines) if line.strip() == start)
    depth = len(lines[first]) - len(lines[first].lstrip())
    end = first + 1
    while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > depth):
        end += 1
    return textwrap.dedent("\n".join(lines[first + 1:end])) + "\n"


def items(text):
    """The entries of a YAML list of strings: "- line" and "- |" with a block below; comments left out."""
    entries = []
    for line in text.splitlines():
        if line.startswith("- "):
            entries.append("" if line == "- |" else line[2:] + "\n")
        elif entries and line.startswith("  "):
            entries[-1] += line[2:] + "\n"
    return entries


def mapping(text):
    """A YAML mapping of strings, with ">-" blocks folded."""
    values, name = {}, None
    for line in text.splitlines():
        if line.startswith("  "):
            values[name] = f"{values[name]} {line.strip()}".strip()
        elif ": " in line:
            name, value = line.split(": ", 1)
            values[name] = "" if value == ">-" else value
    return values


class CiExampleTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.program = Program({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"})
        self.addCleanup(self.program.close)
        self.server = World()
        self.addCleanup(self.server.stop)
        self.home = pathlib.Path(self.program.home)
        self.bin = self.home / "bin"
        self.bin.mkdir()
        (self.bin / "oauth-token").symlink_to(self.program.path)

    def example(self, name):
        """The file, its servers replaced by the one of this test."""
        text = (EXAMPLES / name).read_text()
        return text.replace("https://as.example/token", self.server.url()).replace("https://api.example", self.server.url(""))

    def shell(self, script, environment, strict=True):
        # As the runners do it.
        environment = {**self.program.environment, **environment}
        environment["PATH"] = f"{self.bin}:{environment['PATH']}"
        done = subprocess.run(["bash", "-e" if strict else "+e", "-c", script], env=environment, cwd=self.home,
                              capture_output=True, text=True, timeout=60, check=False)
        everything = done.stdout + done.stderr
        for secret in ("rt-1", "rt-2", "rt-3"):
            self.assertNotIn(secret, everything)
        return done

    def sign_in(self, *options):
        done = self.program.run("password", "--token-endpoint", self.server.url(), "--client-id", "ci", "--username", "alice",
                                "--password-stdin", *options, input="secret")
        self.assertEqual(done.status, 0, done.stderr)
        return done.stdout

    def sealed_session(self, name):
        key = self.program.file("sealed.key", new_store_key())
        self.sign_in("--session", name, "--store", "file", "--store-key-file", key)
        return key


class GitlabTest(CiExampleTest):
    def run_job(self, refresh_token):
        text = self.example("gitlab-ci.yml")
        header = self.program.file("variables-header", "PRIVATE-TOKEN: glpat-1\n")
        # GitLab gives the runner all variables at once: those of one that name others are expanded by the shell.
        environment = mapping(block(text, "variables:"))
        environment.update(OAUTH_TOKEN_REFRESH_TOKEN=refresh_token, VARIABLES_HEADER=header, CI_PROJECT_ID="7",
                           CI_API_V4_URL=self.server.url("/api/v4"))
        done = self.shell("".join(items(block(text, "script:"))), environment)
        self.shell("".join(items(block(text, "after_script:"))), environment)
        self.assertFalse((self.home / "header").exists())
        return done

    def test_the_new_refresh_token_is_in_the_variable_before_the_token_is_used(self):
        token = json.loads(self.sign_in("--store", "none", "-o", "json", "--show-refresh-token"))["refresh_token"]
        for turn in (2, 3):
            done = self.run_job(token)
            self.assertEqual((done.returncode, done.stdout), (0, "things\n"), done.stderr)
            token = self.server.saved[-1]
            self.assertEqual(token, f"rt-{turn}")

    def test_failures_have_their_status(self):
        self.sign_in("--store", "none")
        done = self.run_job("rt-0")
        self.assertEqual((done.returncode, done.stdout), (4, ""))
        self.assertIn("Sign in again", done.stderr)
        self.server.answers = [response(b"down", 500)]
        self.assertEqual(self.run_job("rt-1").returncode, 7)
        self.assertEqual(self.server.saved, [])

    def test_a_variable_that_cannot_be_written_is_status_10(self):
        self.sign_in("--store", "none")
        self.server.saving_fails = True
        done = self.run_job("rt-1")
        self.assertEqual(done.returncode, 10, done.stderr)
        # On the same machine the next job makes up for it, and sends nothing.
        self.server.saving_fails = False
        done = self.run_job("rt-1")
        self.assertEqual((done.returncode, done.stdout), (0, "things\n"), done.stderr)
        self.assertEqual(self.server.saved, ["rt-2"])
        self.assertEqual(self.server.grants().count("refresh_token"), 1)


class GithubTest(CiExampleTest):
    def test_the_token_is_masked_and_the_secret_written_back(self):
        self.sign_in("--store", "none")
        text = self.example("github-workflow.yml")
        first, second = text.split("      - env:\n")
        outputs = pathlib.Path(self.program.file("outputs", ""))
        saved = self.home / "saved"
        self.program.file("bin/gh", f'#!/bin/sh\necho "$GH_TOKEN $*" >{saved}.call\ncat >{saved}\n', mode=0o755)
        environment = mapping(block(first, "env:"))
        self.assertEqual(environment["OAUTH_TOKEN_REFRESH_TOKEN"], "${{ secrets.OAUTH_REFRESH_TOKEN }}")
        environment.update(OAUTH_TOKEN_REFRESH_TOKEN="rt-1", GH_TOKEN="gh-1", GITHUB_REPOSITORY="o/r",
                           GITHUB_OUTPUT=str(outputs))
        done = self.shell(block(first, "run: |"), environment)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "::add-mask::at-2\n", ""))
        self.assertEqual(saved.read_text().strip(), "rt-2")
        self.assertEqual(pathlib.Path(f"{saved}.call").read_text(), "gh-1 secret set OAUTH_REFRESH_TOKEN --repo o/r\n")
        token = dict(line.split("=", 1) for line in outputs.read_text().splitlines())["access_token"]
        done = self.shell(block(second, "run: |"), {"ACCESS_TOKEN": token})
        self.assertEqual((done.returncode, done.stdout), (0, "things\n"), done.stderr)

    def test_a_secret_that_cannot_be_written_fails_the_step(self):
        self.sign_in("--store", "none")
        text = self.example("github-workflow.yml").split("      - env:\n")[0]
        self.program.file("bin/gh", "#!/bin/sh\nexit 1\n", mode=0o755)
        environment = mapping(block(text, "env:"))
        environment.update(OAUTH_TOKEN_REFRESH_TOKEN="rt-1", GITHUB_OUTPUT=self.program.file("outputs", ""))
        self.assertEqual(self.shell(block(text, "run: |"), environment).returncode, 10)


class JenkinsTest(CiExampleTest):
    def run_job(self, key):
        script = re.search(r"sh '''\n(.*?)'''", self.example("Jenkinsfile"), re.S)[1]
        return self.shell(script, {"STORE_KEY": key})

    def test_the_session_on_the_agent_is_used_and_renewed(self):
        key = self.sealed_session("ci")
        for _ in range(2):
            done = self.run_job(key)
            self.assertEqual((done.returncode, done.stdout), (0, "things\n"), done.stderr)
        # The credential lies in another place at each build.
        moved = self.program.file("secretFiles/1", pathlib.Path(key).read_text())
        os.remove(key)
        self.assertEqual(self.run_job(moved).stdout, "things\n")

    def test_failures_have_their_status(self):
        done = self.run_job("/nonexistent")
        self.assertEqual(done.returncode, 4)
        self.assertIn("must sign in again on this agent", done.stderr)
        self.sealed_session("ci")
        done = self.run_job(self.program.file("wrong", b"base64:" + base64.b64encode(bytes(32))))
        self.assertEqual((done.returncode, done.stdout), (10, ""), done.stderr)


class SystemdTest(CiExampleTest):
    def lines(self, credentials, state):
        """What systemd would run: specifiers replaced, then split as a shell would; its own quoting is not used there."""
        unit = self.example("oauth-report.service")
        unit = unit.replace("%d", str(credentials)).replace("%S/oauth-report", str(state))
        settings = [line.split("=", 1) for line in unit.splitlines() if "=" in line and not line.startswith("#")]
        environment = dict(value.split("=", 1) for name, value in settings if name == "Environment")
        commands = [shlex.split(value) for name, value in settings if name.startswith("ExecStart")]
        self.assertEqual(len(commands), 2)
        return commands, environment

    def test_the_service_runs_with_its_key_as_a_credential(self):
        credentials = self.home / "credentials"
        credentials.mkdir(mode=0o700)
        key = self.sealed_session("report")
        os.rename(key, credentials / "store-key")
        (credentials / "store-key").chmod(0o400)
        commands, environment = self.lines(credentials, self.program.state_home)
        for command, output in zip(commands, ("", "things\n")):
            done = self.shell(shlex.join(command), {**environment, "CREDENTIALS_DIRECTORY": str(credentials)})
            self.assertEqual((done.returncode, done.stdout), (0, output), done.stderr)

    def test_a_session_that_is_dead_is_no_reason_to_start_again(self):
        commands, environment = self.lines(self.home, self.program.state_home)
        done = self.shell(shlex.join(commands[0]), environment)
        self.assertEqual(done.returncode, 4)
        unit = (EXAMPLES / "oauth-report.service").read_text()
        self.assertIn("4", re.search(r"^RestartPreventExitStatus=(.*)$", unit, re.M)[1].split())


if __name__ == "__main__":
    unittest.main()
