"""The completion scripts of bash, zsh and fish, each asked in its own shell for what could follow on a command line."""

import re
import shutil
import subprocess
import unittest

from support.help import commands
from support.program import Program

# Asks as readline does; the line is $1, words after it stand for a menu. What only readline can do is written down.
BASH = r"""
eval "$(oauth-token completion bash)"
compopt() { echo "compopt $*"; }
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_KEY=9
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_oauth_token oauth-token "${COMP_WORDS[COMP_CWORD]}"
printf '%s\n' "${COMPREPLY[@]}"
"""

PROFILES = """
[profiles.work]
issuer = "https://as.example"
[profiles.wide]
issuer = "https://as.example"
[profiles."$(touch broken)"]
issuer = "https://as.example"
"""


class Completion(unittest.TestCase):
    def setUp(self):
        self.program = Program()
        self.addCleanup(self.program.close)
        self.program.file("config/oauth-token/config.toml", PROFILES)
        links = self.program.home / "bin"
        links.mkdir()
        (links / "oauth-token").symlink_to(self.program.path)
        self.path = f"{links}:/usr/bin:/bin"

    def script(self, shell):
        done = self.program.run("completion", shell)
        self.assertEqual((done.status, done.stderr), (0, ""))
        return self.program.file(f"script.{shell}", done.stdout)

    def shell(self, *command, input=""):
        self.assertIsNotNone(shutil.which(command[0]), f"{command[0]} is not installed (tests/support/install-packages.sh tests)")
        done = subprocess.run(
            command, input=input, capture_output=True, text=True, timeout=60, check=False, cwd=self.program.home,
            env={**self.program.environment, "PATH": self.path, "TERM": "dumb"},
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""), command)
        return done.stdout.split()

    def bash(self, line, *words):
        """`words` as readline takes the line apart, where that is not at spaces."""
        return self.shell("bash", "--norc", "-c", BASH, "bash", line, *(words or line.split(" ")))

    def fish(self, line):
        script = f"source script.fish; complete -C {line!r} | string replace -r '\\t.*' ''; true"
        return self.shell("fish", "--no-config", "-c", script)

    def zsh(self, lines):
        """What zsh would offer for each of the lines, in one shell for all of them."""
        self.script("zsh")
        driver = self.program.file("offers.zsh", ZSH_OFFERS)
        lines = list(lines)
        words = self.shell("zsh", "-f", driver, input="".join(line + "\n" for line in lines))
        offers = " ".join(words).split("<<end>>")
        self.assertEqual(len(offers), len(lines) + 1)
        return {line: set(offered.split()) for line, offered in zip(lines, offers)}

    def sessions(self):
        folder = self.program.state_home / "oauth-token" / "sessions"
        for parent in (folder.parent, folder):
            parent.mkdir(mode=0o700)
        for name in ("alice", "alice@work"):
            record = folder / f"{name}.json"
            record.write_text("{}")  # listed all the same
            record.chmod(0o600)

    def all_commands(self):
        return commands(self.program)

    def test_each_command_and_group_is_offered(self):
        self.script("fish")
        commands = self.all_commands()
        self.assertGreater(len(commands), 15)
        words_of_all = sorted({command.split()[0] for command in commands})
        self.assertEqual(sorted(self.bash("oauth-token ")), words_of_all)
        self.assertEqual(sorted(self.fish("oauth-token ")), words_of_all)
        in_zsh = self.zsh(["oauth-token ", "oauth-token profile ", "oauth-token store "])
        self.assertEqual(sorted(in_zsh["oauth-token "]), words_of_all)
        for group in ("profile", "store"):
            names = sorted(command.split()[1] for command in commands if command.startswith(group + " "))
            self.assertEqual(sorted(in_zsh[f"oauth-token {group} "]), names)
            for words in (group, f"help {group}"):
                self.assertEqual(sorted(self.bash(f"oauth-token {words} ")), names)
                self.assertEqual(sorted(self.fish(f"oauth-token {words} ")), names)
        self.assertEqual(sorted(self.bash("oauth-token help ")), words_of_all)
        self.assertEqual(sorted(self.fish("oauth-token help ")), words_of_all)

    def test_the_options_of_each_command_are_those_of_its_help(self):
        self.script("fish")
        in_zsh = self.zsh(f"oauth-token {command} --" for command in self.all_commands())
        for command in self.all_commands():
            with self.subTest(command=command):
                text = self.program.run(*command.split(), "--help", "-v").stdout
                wanted = set(re.findall(r"(?m)^  (?:-\w, )?--([a-z-]+)", text))
                self.assertIn("config", wanted)
                self.assertEqual({word[2:] for word in self.bash(f"oauth-token {command} --")}, wanted)
                offered = {word[2:].rstrip("=") for word in self.fish(f"oauth-token {command} --") if word[:2] == "--"}
                self.assertEqual(offered, wanted)
                offered = {word[2:].rstrip("=") for word in in_zsh[f"oauth-token {command} --"] if word[:2] == "--"}
                self.assertEqual(offered, wanted)

    def test_the_values_that_an_option_can_have(self):
        self.script("fish")
        methods = ["client_secret_basic", "client_secret_post", "client_secret_jwt"]
        table = (
            ("oauth-token password --client-auth client_", methods),
            ("oauth-token --client-auth client_secret_basic --basic-encoding ", ["form", "raw"]),
            ("oauth-token token -o ", ["token", "json", "header", "env", "github", "none"]),
            ("oauth-token list --output ", ["text", "json"]),
            ("oauth-token profile set work --unset basic", ["basic-encoding"]),
            ("oauth-token completion ", ["bash", "zsh", "fish"]),
            ("oauth-token password --signing-alg PS", ["PS256", "PS384", "PS512"]),
            ("oauth-token assertion --assertion-audience ", ["issuer", "endpoint"]),
            ("oauth-token dpop-proof P", ["POST", "PUT", "PATCH"]),
            ("oauth-token password --issuer ", []),
        )
        in_zsh = self.zsh(line for line, _ in table)
        for line, expected in table:
            with self.subTest(line=line):
                self.assertEqual(self.bash(line), expected)
                if "oauth-token --" not in line:
                    self.assertEqual(sorted(in_zsh[line]), sorted(expected))
                    self.assertEqual(sorted(self.fish(line)), sorted(expected))

    def test_a_value_behind_an_equals_sign(self):
        self.script("fish")
        for option, start, value in (("--basic-encoding", "f", "form"), ("--dpop", "o", "optional")):
            line = f"oauth-token password {option}={start}"
            self.assertEqual(self.bash(line, "oauth-token", "password", option, "=", start), [value])
            self.assertEqual(self.fish(line), [f"{option}={value}"])

    def test_a_grant_type_in_whose_name_readline_sees_many_words(self):
        line = "oauth-token request urn:ietf:params:oauth:grant-type:t"
        words = ["oauth-token", "request", *re.split("(:)", line.split()[2])]
        self.assertEqual(self.bash(line, *words), ["token-exchange"])
        self.script("fish")
        self.assertEqual(self.fish(line), ["urn:ietf:params:oauth:grant-type:token-exchange"])

    def test_names_of_profiles_and_sessions_that_mean_nothing_to_a_shell(self):
        self.sessions()
        self.script("fish")
        for line, expected in (
            ("oauth-token password w", ["wide", "work"]),
            ("oauth-token profile show ", ["wide", "work"]),
            ("oauth-token token ", ["alice", "alice@work"]),
            ("oauth-token refresh --session al", ["alice", "alice@work"]),
            ("oauth-token store move alice k", ["keyring"]),
            ("oauth-token --quiet store move alice k", ["keyring"]),
        ):
            with self.subTest(line=line):
                self.assertEqual(sorted(self.bash(line)), expected)
                self.assertEqual(sorted(self.fish(line)), expected)
        line = "oauth-token token alice@w"
        self.assertEqual(self.bash(line, "oauth-token", "token", "alice", "@", "w"), ["work"])
        self.assertFalse((self.program.home / "broken").exists())

    def test_what_is_wrong_with_the_configuration_is_no_noise(self):
        self.program.file("config/oauth-token/config.toml", "no toml [")
        self.script("fish")
        self.assertEqual(self.bash("oauth-token password "), [])
        self.assertEqual(self.fish("oauth-token password "), [])

    def test_files_and_commands(self):
        self.script("fish")
        self.program.file("secret.txt", "")
        for option in ("--password-file", "--signing-key", "--tls-cert", "--tls-key", "--dpop-key", "--cacert"):
            with self.subTest(option=option):
                self.assertEqual(self.bash(f"oauth-token password {option} "), ["compopt", "-o", "default"])
                self.assertEqual(self.fish(f"oauth-token password {option} secr"), ["secret.txt"])
        self.assertIn("oauth-token", self.bash("oauth-token exec work -- oauth-tok"))
        self.assertEqual(self.fish("oauth-token exec work -- oauth-token completion b"), ["bash"])
        self.assertEqual(self.bash("oauth-token exec work -- cat "), ["compopt", "-o", "default"])

    def test_bash_completes_on_a_terminal(self):
        self.script("bash")
        with self.program.shell({"TERM": "dumb"}) as terminal:
            terminal.wait_for("ready> ")
            terminal.type("bash --norc --noprofile -i\n")
            terminal.wait_for("\n")
            terminal.type("bind 'set enable-bracketed-paste off'; source ~/script.bash; PS1='now> '; echo loaded\n")
            terminal.wait_for("\nloaded")
            terminal.wait_for("now> ")
            terminal.type("echo oauth-token; oauth-token profile show wor\t")
            terminal.wait_for("show work ")
            terminal.type("-o te\t")
            terminal.wait_for("-o text ")
            terminal.type("\n")
            terminal.wait_for('https://as.example')
            terminal.type("exit\nexit\n")

    def test_zsh_completes(self):
        self.script("zsh")
        self.sessions()
        self.shell("zsh", "-f", "-n", "script.zsh")
        # A shell within a shell: completion needs a line editor.
        driver = self.program.file("driver.zsh", ZSH)
        for line, expected in (
            ("oauth-token profile sh", "show"),
            ("oauth-token help prof", "profile"),
            ("oauth-token help profile sh", "show"),
            ("oauth-token password --client-auth pri", "private_key_jwt"),
            ("oauth-token password --basic-encoding=r", "--basic-encoding=raw"),
            ("oauth-token list -o js", "json"),
            ("oauth-token password wo", "work"),
            ("oauth-token token alice@", "alice@work"),
            ("oauth-token --quiet token --min-v", "--min-valid="),
            ("oauth-token store move alice key", "keyring"),
            ("oauth-token exec work -- oauth-token prof", "profile"),
        ):
            with self.subTest(line=line):
                self.assertEqual(self.shell("zsh", "-f", driver, line)[-1:], [expected])

    def test_another_shell_is_an_error_that_names_those_there_are(self):
        done = self.program.run("completion", "csh")
        self.assertEqual((done.status, done.stdout), (2, ""))
        self.assertIn("bash, zsh and fish", done.stderr)


# Types each line and a tab, and notes what is handed to zsh as a match.
ZSH_OFFERS = r"""
zmodload zsh/zpty
zpty inner zsh -f -i
send() { zpty -w inner "$1" }
send "PS1=; unsetopt zle_bracketed_paste auto_list auto_menu beep 2>/dev/null; unset zle_bracketed_paste"
send "autoload -U compinit; compinit -u -D; source ~/script.zsh; : >~/offers"
send 'compadd() {'
send '  [[ " ${@[1,(i)(-|--)]} " == *" -"(O|A|D)" "* ]] && { builtin compadd "$@"; return }'
send '  local -a hits; builtin compadd -A hits "$@"; print -rl -- $hits >>~/offers'
send '}'
send "next() { BUFFER=; print -r -- \"<<en\"\"d>>\" }; zle -N next; bindkey '^X' next; print rea''dy"
zpty -r inner output '*ready*'
while IFS= read -r line; do
  zpty -w -n inner "$line"$'\t'$'\030'
  zpty -r inner output '*<<end>>*'
  print -r -- "$(<~/offers) <<end>>"
  : >~/offers
done
zpty -d inner
"""

# Types the line and a tab, then shows the last word of what the line has become.
ZSH = r"""
zmodload zsh/zpty
zpty inner zsh -f -i
send() { zpty -w inner "$1" }
send "PS1=; unsetopt zle_bracketed_paste 2>/dev/null; unset zle_bracketed_paste"
send "autoload -U compinit; compinit -u -D; source ~/script.zsh"
send "show() { print -r -- \"<<\${\${(z)BUFFER}[-1]}>>\"; exit }; zle -N show; bindkey '^X' show; print rea''dy"
zpty -r inner output '*ready*'
zpty -w -n inner "$1"$'\t'$'\030'
zpty -r inner output '*<<*>>*'
print -r -- ${${output##*<<}%%>>*}
zpty -d inner
"""

if __name__ == "__main__":
    unittest.main()
