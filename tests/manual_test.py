"""The manual: a page for each command, clean for mandoc, with every option and the same examples as the help."""

import os
import pathlib
import re
import subprocess
import unittest

from help import commands, examples
from program import Program

PROJECT = pathlib.Path(__file__).resolve().parent.parent
PAGES = pathlib.Path(os.environ["OAUTH_TOKEN_BUILD"]) / "share" / "man"
OTHERS = {"oauth-token.1", "oauth-token-profile.5", "oauth_token.3"}
SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES", "SEE ALSO"]


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60, check=False,
                          env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANWIDTH": "100"})
    return done.returncode, done.stdout, done.stderr


def rendered(page):
    """As text without overstriking, each line without its indentation."""
    status, text, errors = run("mandoc", "-Tutf8", "-Owidth=100", page)
    assert status == 0, errors
    return re.sub(".\b", "", text)


class Manual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pages = {path.name: path for path in PAGES.glob("man?/*")}
        cls.program = Program()
        cls.addClassCleanup(cls.program.close)
        cls.commands = {f"oauth-token-{name.replace(' ', '-')}.1": name for name in commands(cls.program)}

    def test_there_is_a_page_for_each_command_and_no_other(self):
        self.assertEqual(set(self.pages), OTHERS | set(self.commands))

    def test_mandoc_has_nothing_to_say(self):
        for name, path in self.pages.items():
            with self.subTest(page=name):
                self.assertEqual(run("mandoc", "-Tlint", "-Wwarning", path), (0, "", ""))
                style = run("mandoc", "-Tlint", "-Wstyle", path)[1].splitlines()
                # The pages are not installed where mandoc looks; OpenBSD's own rule about Os is not ours.
                rest = [line for line in style if "referenced manual not found" not in line
                        and "operating system explicitly specified" not in line
                        # An example, longer by the escapes of its dashes.
                        and not ("longer than 80 bytes" in line and "oauth\\-token " in line)]
                self.assertEqual(rest, [])

    def test_man_shows_each(self):
        for name, path in self.pages.items():
            with self.subTest(page=name):
                status, text, errors = run("man", "--warnings", "-P", "cat", path)
                self.assertEqual((status, errors), (0, ""))
                self.assertIn("NAME", text)

    def test_a_page_of_a_command_has_its_sections_options_and_examples(self):
        for page, command in self.commands.items():
            with self.subTest(page=page):
                text = rendered(self.pages[page])
                headings = re.findall(r"(?m)^([A-Z][A-Z ]+)$", text)
                self.assertEqual(headings[:len(SECTIONS)], SECTIONS)
                self.assertLessEqual(set(headings[len(SECTIONS):]), {"STANDARDS", "SECURITY CONSIDERATIONS"})
                full = self.program.run(*command.split(), "--help", "-v").stdout
                options = re.findall(r"(?m)^  (?:-\w, )?(--[a-z-]+)", full)
                described = text.split("\nOPTIONS\n")[1].split("\nENVIRONMENT\n")[0]
                self.assertEqual(sorted(re.findall(r"(?m)^ +(?:-\w, )?(--[a-z-]+)", described)), sorted(options))
                for example in examples(self.program, command):
                    self.assertIn(example.split("  ")[0], " ".join(text.split()).replace("\\ ", ""))

    def test_the_page_of_profiles_has_every_key(self):
        text = rendered(self.pages["oauth-token-profile.5"])
        keys = {re.sub("^--", "", word) for word in re.findall(
            r"(?m)^  (?:-\w, )?(--[a-z-]+)", self.program.run("profile", "set", "--help", "-v").stdout)}
        keys -= {"client-secret-stdin", "client-secret-prompt", "unset", "output", "config", "no-input", "quiet", "help",
                 "version"}
        described = set(re.findall(r"(?m)^ +([a-z-]+) \((?:string|boolean|integer)", text))
        self.assertEqual(described, keys | {"client-secret-in-keyring"})

    def test_the_page_of_the_library_names_every_header(self):
        described = self.pages["oauth_token.3"].read_text().split("\n.Sh DESCRIPTION\n")[1]
        named = re.findall(r"\bIn oauth_token/(\S+)", described)
        headers = [path.name for path in (PROJECT / "include/oauth_token").iterdir()]
        self.assertEqual(sorted(named), sorted(headers))

    def test_every_reference_to_a_page_of_ours_leads_to_one(self):
        known = {path.stem: path.suffix[1:] for path in self.pages.values()}
        for name, path in self.pages.items():
            for page, section in re.findall(r"(?m)^\.Xr (oauth\S+) (\d)", path.read_text()):
                with self.subTest(page=name, reference=page):
                    self.assertEqual(known.get(page), section)

    def test_the_exit_statuses_are_those_of_the_readme(self):
        readme = (PROJECT / "README.md").read_text()
        table = readme.split("## Exit status")[1].split("\n## ")[0]
        wanted = set(re.findall(r"\d+", " ".join(re.findall(r"(?m)^\| ([\d, ]+) \|", table))))
        text = rendered(self.pages["oauth-token.1"]).split("\nEXIT STATUS\n")[1].split("\nEXAMPLES\n")[0]
        self.assertEqual(set(re.findall(r"\d+", " ".join(re.findall(r"(?m)^     (\d[\d, ]*)", text)))), wanted)

    def test_the_pages_are_those_of_the_day_of_the_changes(self):
        for name, path in self.pages.items():
            with self.subTest(page=name):
                self.assertRegex(path.read_text().splitlines()[0], r"\A\.Dd [A-Z][a-z]+ \d+, \d{4}\Z")


if __name__ == "__main__":
    unittest.main()
