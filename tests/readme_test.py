"""The code of the README compiles: what a reader copies, and names that are gone."""

import pathlib
import re
import subprocess
import tempfile
import unittest

PROJECT = pathlib.Path(__file__).resolve().parent.parent
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-variable", "-Wno-unused-parameter", "-Wno-unused-but-set-variable"]

# What the reader's own program has.
CPP = """#include <oauth_token/interactive_token_source.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token_client.hpp>
#include <oauth_token/token_source.hpp>
using namespace oauth_token;
Secret ask_secret();
Secret ask_password();
int report(const Error& error);
void show_dialog(SignInQuestion& question, const std::function<void(Result<SignInAnswer>)>& answer);
extern std::stop_token stop_token;
extern SessionRecord session_record;
extern Executor in_main_loop;
int program() {
"""
C = """#include <oauth_token/oauth_token.h>
int report(oauth_token_error *error);
void send_request(const char *token);
int program(void);
int program(void) {
"""


class ReadmeTest(unittest.TestCase):
    def blocks(self, language):
        found = re.findall(rf"^```{language}\n(.*?)^```$", (PROJECT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
        self.assertTrue(found, f"the README has no code in {language}")
        return [re.sub(r"(?m)^(#include|using namespace) .*\n", "", text).replace("{...}", "{}").replace("{ ... }", "{}")
                for text in found]

    def compile(self, code, suffix, *command):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / f"readme.{suffix}"
            source.write_text(code + "return 0;\n}\n")
            done = subprocess.run([*command, *WARNINGS, "-I", PROJECT / "include", "-fsyntax-only", source],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_each_block_in_cpp_compiles(self):
        for block in self.blocks("cpp"):
            with self.subTest(block.splitlines()[0]):
                self.compile(CPP + block, "cpp", "c++", "-std=c++20")

    def test_each_block_in_c_compiles(self):
        for block in self.blocks("c"):
            self.compile(C + block, "c", "cc", "-std=c99", "-Wpedantic")


if __name__ == "__main__":
    unittest.main()
