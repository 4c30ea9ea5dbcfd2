"""Surroundings that a program finds now and then: closed streams, odd home folders, umask, locale, a large configuration."""

import json
import os
import shlex
import shutil
import stat
import subprocess
import unittest

from fault_server import FaultServer, answering, response
from ordinary_user import InstalledProgramCase, OrdinaryUser
from program import Program

JSON = [("Content-Type", "application/json")]
KEY = {"OAUTH_TOKEN_STORE_KEY": "base64:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="}
NO_XDG = {name: None for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")}


def token(**members):
    members = {"access_token": "at-1", "token_type": "Bearer", "refresh_token": "rt-1", "expires_in": 3600, **members}
    return answering(response(json.dumps(members).encode(), headers=JSON))


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.program = Program(KEY)
        self.addCleanup(self.program.close)
        self.server = FaultServer(token())
        self.addCleanup(self.server.stop)
        self.password = self.program.file("password", "s3cret-pass")

    def sign_in(self, *more):
        return ["password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username", "alice",
                "--password-file", self.password, "--store", "file", "--replace", *more]

    def files(self):
        """What there is below the home folder, with permissions."""
        return {str(path.relative_to(self.program.home)): stat.S_IMODE(path.lstat().st_mode)
                for path in self.program.home.rglob("*") if not path.is_symlink()}


class Streams(Case):
    """Each of the eight ways to find standard input, output and error closed."""

    WAYS = [" ".join(way) for way in [(a, b, c) for a in ("", "<&-") for b in ("", ">&-") for c in ("", "2>&-")]]

    def run_in(self, way, *words, input=b""):
        return subprocess.run(["sh", "-c", f"exec {shlex.join([self.program.path, *words])} {way}"],
                              env=self.program.environment, input=input, capture_output=True, timeout=60, check=False)

    def test_an_answer_without_a_place_is_status_10_and_all_else_is_as_ever(self):
        self.program.file("config/oauth-token/config.toml", '[profiles.work]\nclient-id = "app"\n')
        os.chmod(self.program.config_home / "oauth-token", 0o700)
        # What it prints, if anything, as far as it is always the same.
        table = {"a sign-in": (self.sign_in(), b"at-1\n"), "a quiet one": (self.sign_in("-o", "none"), None),
                 "a token": (["token"], b"at-1\n"), "a renewal": (["refresh"], b"at-1\n"), "a list": (["list"], b"SESSION"),
                 "a session": (["show"], b"name:"), "a profile": (["profile", "show", "work"], b"client-id  app\n"),
                 "a completion": (["completion", "bash"], b"# bash completion"), "help": (["--help"], b"Usage:"),
                 "an edit": (["profile", "set", "work", "--client-id", "app"], None),
                 "a command": (["exec", "--", "true"], None)}
        for way in self.WAYS:
            for name, (words, printed) in table.items():
                with self.subTest(name, way=way):
                    done = self.run_in(way, *words)
                    self.assertEqual(done.returncode, 10 if printed and ">&-" in way.split() else 0, done.stderr)
                    self.assertTrue(done.stdout.startswith(printed or b"") or done.returncode == 10)
                    self.assertEqual(done.stdout == b"", done.returncode == 10 or not printed)
                    if "2>&-" in way:
                        self.assertEqual(done.stderr, b"")
            self.assertEqual(self.run_in("", "token").stdout, b"at-1\n", "the session was kept")
        config = (self.program.config_home / "oauth-token/config.toml").read_text()
        self.assertEqual(config, '[profiles.work]\nclient-id = "app"\n', "nothing else was written into it")

    def test_what_is_to_come_from_a_closed_standard_input_is_an_error(self):
        for words in (["password", "--username", "alice", "--password-stdin"], ["batch"],
                      ["password", "--username", "alice", "--password-file", "/dev/stdin"]):
            with self.subTest(words):
                store = ["--store", "none"] if words[0] == "password" else []
                done = self.run_in("<&-", *words, *store, "--token-endpoint", self.server.url(), "--client-id", "app")
                self.assertEqual((done.returncode, done.stdout, self.server.requests), (2, b"", []), done.stderr)

    def test_answers_of_a_batch_that_go_nowhere_end_it(self):
        users = b"username,password\n" + b"".join(b"user%d,secret\n" % number for number in range(50))
        for way in (">&-", ">/dev/full"):
            with self.subTest(way):
                before = len(self.server.requests)
                done = self.run_in(way, "batch", "--token-endpoint", self.server.url(), "--client-id", "app", "--jobs", "2",
                                   input=users)
                self.assertEqual(done.returncode, 10, done.stderr)
                self.assertIn(b"The answers could not be written", done.stderr)
                self.assertLess(len(self.server.requests) - before, 50)

    def test_a_command_finds_closed_what_was_closed(self):
        self.assertEqual(self.run_in("", *self.sign_in()).returncode, 0)
        for way in self.WAYS:
            with self.subTest(way):
                listing = self.program.home / "listing"
                script = f'for n in 0 1 2; do [ -e /proc/$$/fd/$n ] && open="$open $n"; done; echo $open >{listing}'
                done = self.run_in(way, "exec", "--", "sh", "-c", script)
                self.assertEqual(done.returncode, 0, done.stderr)
                expected = {"0": "<&-", "1": ">&-", "2": "2>&-"}
                self.assertEqual(listing.read_text().split(), [number for number, closing in expected.items() if closing not in way.split()])


class Folders(Case):
    def test_home_and_xdg_folders_that_are_usable(self):
        home = self.program.home / "home"
        home.mkdir(mode=0o700)
        (self.program.home / "link").symlink_to(home)
        table = {"a home folder": {"HOME": str(home)}, "a slash behind it": {"HOME": f"{home}/"},
                 "a link to it": {"HOME": f"{self.program.home}/link"}, "a way around": {"HOME": f"{home}/../home"},
                 "empty XDG variables": {"HOME": str(home), "XDG_STATE_HOME": "", "XDG_CONFIG_HOME": ""},
                 "relative XDG variables": {"HOME": str(home), "XDG_STATE_HOME": "state", "XDG_CONFIG_HOME": "config"}}
        for name, variables in table.items():
            with self.subTest(name):
                environment = {**NO_XDG, **variables}
                for words in (self.sign_in(), ["token"], ["list"], ["profile", "set", "work", "--client-id", "app"],
                              ["profile", "show", "work"]):
                    done = self.program.run(*words, environment=environment, cwd=self.program.home)
                    self.assertEqual(done.status, 0, done.stderr)
                self.assertEqual({path.name for path in home.iterdir()}, {".config", ".local"})
                self.assertEqual({path.name for path in self.program.home.iterdir()},
                                 {"config", "state", "runtime", "password", "home", "link"}, "nothing beside it")
                shutil.rmtree(home / ".config")
                shutil.rmtree(home / ".local")

    def test_a_home_folder_that_is_none_is_named_and_nothing_is_sent(self):
        table = {"unset": {"HOME": None}, "empty": {"HOME": ""}, "relative": {"HOME": "home"},
                 "a file": {"HOME": self.password}, "in a file": {"HOME": self.password + "/home"}}
        for name, variables in table.items():
            for words in (self.sign_in(), ["token"], ["list"], ["profile", "set", "work", "--client-id", "app"]):
                with self.subTest(name, words=words[0]):
                    done = self.program.run(*words, environment={**NO_XDG, **variables}, cwd=self.program.home)
                    self.assertEqual((done.status, done.stdout, self.server.requests), (2, "", []), done.stderr)
                    if name in ("unset", "empty", "relative"):
                        self.assertIn("HOME", done.stderr)
                    else:
                        self.assertIn(self.password, done.stderr)

    def test_whatever_umask_says_nobody_else_can_use_what_is_made(self):
        self.server.stop()
        # Its own permissions are what exec's file and what is moved to another folder have, too.
        for mask in (0o000, 0o777, 0o022):
            with self.subTest(oct(mask)), FaultServer(token()) as self.server:
                before = self.files()
                elsewhere = self.program.home / f"elsewhere{mask}"
                file = self.program.home / f"token{mask}"
                for words in (self.sign_in(), ["refresh"], ["profile", "set", "work", "--client-id", "app"],
                              ["store", "move", "default", f"file:{elsewhere}"],
                              ["exec", "--refresh-file", str(file), "--", "stat", "-c", "%a", str(file)],
                              ["refresh", "--token-endpoint", self.server.url(), "--client-id", "app", "--refresh-token-stdin",
                               "--write-refresh-token", str(self.program.home / f"rotated{mask}")]):
                    done = self.program.run(*words, input="rt-0", preexec_fn=lambda: os.umask(mask))
                    self.assertEqual(done.status, 0, done.stderr)
                    if words[0] == "exec":
                        self.assertEqual(done.stdout, "600\n")
                made = {path: mode for path, mode in self.files().items() if path not in before}
                self.assertGreater(len(made), 5)
                for path, mode in made.items():
                    folder = (self.program.home / path).is_dir()
                    self.assertEqual(oct(mode), oct(0o700 if folder else 0o600), path)
                for name in ("state/oauth-token", "config/oauth-token"):
                    shutil.rmtree(self.program.home / name)


class OtherUsers(InstalledProgramCase):
    def setUp(self):
        self.program = OrdinaryUser(self.path)
        self.addCleanup(self.program.close)
        self.file = self.program.config_home / "oauth-token/config.toml"
        self.program.file("config/oauth-token/config.toml", '[profiles.work]\nclient-id = "app"\n')
        self.file.parent.chmod(0o700)
        self.program.own(self.program.home)

    def test_a_configuration_that_another_can_write_is_refused_with_the_reason(self):
        mine = {"uid": os.stat(self.file).st_uid, "mode": 0o600}
        table = [({**mine}, 0, ""), ({**mine, "uid": 0, "mode": 0o644}, 0, ""),
                 ({**mine, "uid": 12345, "mode": 0o644}, 2, "belongs to another user"),
                 ({**mine, "mode": 0o620}, 2, "can be written by others"), ({**mine, "mode": 0o602}, 2, "can be written by others"),
                 ({**mine, "mode": 0o644}, 0, "")]
        for place, name in ((self.file, "The configuration file"), (self.file.parent, "The folder")):
            for wanted, status, reason in table:
                with self.subTest(place=name, **wanted):
                    before = os.stat(place)
                    os.chown(place, wanted["uid"], -1)
                    os.chmod(place, wanted["mode"] | (0o111 if place.is_dir() else 0))
                    for command in (["profile", "list"], ["token"], ["doctor"]):
                        done = self.program.run(*command)
                        text = done.stderr + done.stdout
                        if status:
                            self.assertIn(reason, text)
                            self.assertIn(name, text)
                        self.assertIn(done.status, (2,) if status else (0, 4, 10), text)
                    os.chown(place, before.st_uid, -1)
                    os.chmod(place, stat.S_IMODE(before.st_mode))

    def test_a_home_that_cannot_be_written_is_named_and_sends_no_password(self):
        for folder in (self.program.state_home, self.program.config_home / "oauth-token"):
            folder.chmod(0o500)
        with FaultServer(token()) as server:
            self.program.file("password", "s3cret-pass")
            self.program.own(self.program.home)
            done = self.program.run("password", "--token-endpoint", server.url(), "--client-id", "app", "--username", "alice",
                                    "--password-file", str(self.program.home / "password"), "--store", "file")
            self.assertEqual((done.status, done.stdout, server.requests), (10, "", []), done.stderr)
            self.assertIn("Permission denied", done.stderr)
        done = self.program.run("profile", "set", "work", "--client-id", "other")
        self.assertEqual((done.status, done.stdout), (2, ""))
        self.assertIn("Permission denied", done.stderr)
        self.assertEqual(os.listdir(self.file.parent), ["config.toml"])


class LargeConfiguration(Case):
    LINES = 10_000

    def write(self, *, last=""):
        tables = [f'# number {number}\n[profiles.p{number}]\nissuer = "https://as.example/{number}"\nclient-id = "app"\n\n'
                  for number in range(self.LINES // 5)]
        self.program.file("config/oauth-token/config.toml", "".join(tables) + last)
        (self.program.config_home / "oauth-token").chmod(0o700)

    def test_ten_thousand_lines_are_read_and_edited(self):
        self.write()
        self.assertEqual(json.loads(self.program.run("profile", "show", "p1999", "-o", "json").stdout)["issuer"],
                         "https://as.example/1999")
        self.assertEqual(len(json.loads(self.program.run("profile", "list", "-o", "json").stdout)), 2000)
        file = self.program.config_home / "oauth-token/config.toml"
        before = file.read_text().splitlines()
        done = self.program.run("profile", "set", "p1000", "--client-id", "other")
        self.assertEqual(done.status, 0, done.stderr)
        after = file.read_text().splitlines()
        self.assertEqual([(number, line) for number, line in enumerate(after) if line != before[number]],
                         [(5003, 'client-id = "other"')])
        done = self.program.run("profile", "show", "p20000")
        self.assertEqual(done.status, 2)
        self.assertIn('There is no profile "p20000"', done.stderr)
        self.assertLess(len(done.stderr), 2000)

    def test_a_mistake_in_the_last_line_is_named_by_its_number(self):
        for last, said in (('[profiles.last]\nfrob = "x"\n', "frob"), ("[profiles.last]\nscope = \n", ""),
                           ('[profiles.p7]\nclient-id = "x"\n', "")):
            with self.subTest(last):
                self.write(last=last)
                done = self.program.run("profile", "list")
                self.assertEqual((done.status, done.stdout), (2, ""))
                self.assertRegex(done.stderr, f"line {self.LINES + 1}|line {self.LINES + 2}")
                self.assertIn(said, done.stderr)


class Locales(Case):
    def test_no_locale_changes_what_is_sent_shown_or_read(self):
        for locale in ("C", "POSIX", "C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8", "nonsense", ""):
            for variables in ({"LC_ALL": locale, "LANG": locale, "LANGUAGE": "de"}, {"LC_ALL": None, "LANG": None}):
                with self.subTest(locale, **variables), FaultServer(token(note="\u00fcber", expires_in=1.5)) as server:
                    done = self.program.run("password", "--token-endpoint", server.url(), "--username", "j\u00fcrgen",
                                            "--store", "none", "--password-stdin", "--timeout", "9.5", "--field", "note",
                                            input="p\u00e4ss", environment=variables)
                    self.assertEqual((done.status, done.stdout), (0, "\u00fcber\n"), done.stderr)
                    self.assertIn(b"username=j%C3%BCrgen&password=p%C3%A4ss", server.requests[0].body)
                    done = self.program.run("show", "nobody\u00fc", environment=variables)
                    self.assertIn('"nobody\u00fc" cannot be the name', done.stderr)

    def test_bytes_that_are_no_utf_8_are_sent_as_they_are_and_shown_escaped(self):
        words = ["password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username", b"j\xfcrgen",
                 "--store", "file", "--password-stdin"]
        done = self.program.run(*words, input=b"p\xe4ss")
        self.assertEqual((done.status, done.stdout), (0, "at-1\n"))
        self.assertIn("The password is not UTF-8", done.stderr)
        self.assertIn(b"username=j%FCrgen&password=p%E4ss", self.server.requests[-1].body)
        for words in (["list"], ["show"], ["list", "-o", "json"], ["show", "-o", "json"], [b"\xfc"], [b"--\xfc"], [b"-\xfc"],
                      ["token", b"\xfc"], ["profile", "show", b"\xfc"], ["password", "--frob", b"\xfc"]):
            with self.subTest(words):
                done = self.program.run(*words)
                self.assertEqual(done.status, 0 if words[0] in ("list",) or words[:2] in (["show"], ["show", "-o"]) else 2)
                text = done.stdout + done.stderr
                text.encode("utf-8")  # no byte is left that is none
                if done.status == 0:
                    self.assertRegex(text, r"j\\xfcrgen|j\ufffdrgen")
                if "json" in words:
                    json.loads(text)


if __name__ == "__main__":
    unittest.main()
