"""The command line itself: mistakes, help, secrets where they do not belong, precedence."""

import json
import os
import pathlib
import shlex
import signal
import unittest

from fault_server import FaultServer, answering, response
from full_pipe import FullPipe, wait_until
from program import Program

TOKEN = response(b'{"access_token":"at","token_type":"Bearer"}', headers=[("Content-Type", "application/json")])
NOWHERE = "http://127.0.0.1:1/token"


def require_root():
    if os.geteuid() != 0:
        raise AssertionError("this test reads /proc/PID of a program that nobody may look into: it needs root")


class MistakeTest(unittest.TestCase):
    def check(self, words, message, hint=""):
        with Program() as program:
            done = program.run(*words)
            self.assertEqual((done.status, done.stdout), (2, ""), done.stderr)
            self.assertIn(message, done.stderr)
            self.assertIn(hint, done.stderr)

    def test_each_mistake_is_named_with_a_way_out(self):
        table = [
            (["--frob"], "There is no option --frob.", 'See "oauth-token --help"'),
            ([], "no command", 'See "oauth-token --help"'),
            (["pasword"], 'no command "pasword"', 'Did you mean "oauth-token password"?'),
            (["profile"], '"oauth-token profile" is half a command', 'See "oauth-token profile --help"'),
            (["token", "--field", "a", "b", "c"], "one argument too many", ""),
            (["revoke", "--field", "a"], '"oauth-token revoke" has no option --field', ""),
            (["profile", "lst"], 'no command "profile lst"', 'Did you mean "oauth-token profile list"?'),
            (["password", "--clint-id", "x"], "no option --clint-id", "Did you mean --client-id?"),
            (["password", "--tokenendpoint", "x"], "no option --tokenendpoint", "Did you mean --token-endpoint?"),
            (["list", "--isuer", "x"], "no option --isuer", 'See "oauth-token list --help -v"'),
            (["--isuer", "x", "list"], "no option --isuer", "Did you mean --issuer?"),
            (["profile", "set", "work", "--clint-id", "x"], "no option --clint-id", "Did you mean --client-id?"),
            (["token", "-x"], "no option -x", 'See "oauth-token token --help -v"'),
            (["-x"], "no option -x", 'See "oauth-token --help"'),
            (["password", "--client-id"], "--client-id needs a value.", "Write --client-id ID."),
            (["password", "--client-id", "--scope", "s"], "--client-id needs a value", "write --client-id=--scope"),
            (["password", "--client-id", "a", "--client-id", "b"], "--client-id is given twice.", "once"),
            (["password", "--lenient=yes"], "--lenient takes no value", ""),
            (["list", "--issuer", "x"], '"oauth-token list" has no option --issuer', "--help"),
            (["token", "a", "b"], 'There is one argument too many', "oauth-token token [SESSION]"),
            (["request"], "needs more arguments", "request GRANT_TYPE [PROFILE]"),
            (["token", "--output", "xml"], "--output must be one of token, json, header, env, github, none", ""),
            (["list", "-o", "token"], "--output must be one of text, json", "--help -v"),
            (["introspect", "-o", "text"], "--output must be json.\n", "--help -v"),
            (["list", "-o", "text|json"], "--output must be one of text, json", "--help -v"),
            (["list", "-o", "jsno"], "--output must be one of text, json", 'Did you mean "json"?'),
            (["password", "--client-auth", "client_secret_psot"], "--client-auth must be", 'Did you mean "client_secret_post"?'),
            (["password", "--store", "fiel"], "--store must be one of", 'Did you mean "file"?'),
            (["store", "move", "work", "keyrng"], "STORE must be one of", 'Did you mean "keyring"?'),
            (["store", "move", "work", "none"], "STORE must be one of keyring, file or file:FOLDER (an absolute path).",
             "To keep nothing: oauth-token forget work."),
            (["store", "move", "work", "x"], "or file:FOLDER (an absolute path).\n", 'See "oauth-token store move --help -v".'),
            (["assertion", "--signing-key", "pkcs11:object=k?pin-value=1"], 'the attribute "pin-value"',
             "Give the PIN as the key's passphrase: --signing-key-passphrase-file FILE."),
            (["profile", "set", "work", "--unset", "isuer"], 'no key "isuer"', 'Did you mean "issuer"?'),
            (["password", "--timeout", "0"], "--timeout must be a number of seconds above 0",
             'See "oauth-token password --help -v".'),
            (["password", "--timeout", "1e3"], "--timeout must be a number of seconds", ""),
            (["password", "--timeout", "99999"], "--timeout must be a number of seconds", ""),
            (["password", "--client-id", ""], "--client-id must not be empty", ""),
            (["password", "--client-auth", "basic"], "--client-auth must be one of none, client_secret_basic", ""),
            (["password", "--store", "cloud"], "--store must be one of keyring, file, none or file:FOLDER (an absolute path)", ""),
            (["password", "--password-fd", "x"], "--password-fd must be the number of an open descriptor", ""),
            (["password", "--password-file", "-"], "--password-file must be a file", "-stdin"),
            (["password", "--password-stdin", "--password-file", "f"],
             "--password-stdin and --password-file give the same secret", ""),
            (["password", "--client-secret-file", "a", "--client-secret-command", "b"],
             "--client-secret-file and --client-secret-command give the same secret", ""),
            (["password"], "No server is named.", "--issuer URL"),
            (["password", "nobody"], 'no profile "nobody"', "oauth-token profile set nobody"),
            (["discover", "--token-endpoint", NOWHERE], "No issuer is named.", "--issuer"),
            (["password", "--token-endpoint", NOWHERE, "--no-input"], "No user name is given.", "--username"),
            (["request", "password", "--token-endpoint", NOWHERE], "a command of its own", "oauth-token password"),
            (["client-credentials", "--token-endpoint", NOWHERE], "authenticates itself", "--client-secret-file"),
            (["token", "--write-refresh-token", "f"], "--write-refresh-token is for", "--refresh-token-file"),
            (["introspect"], 'session "default"', ""),
            (["token", "a", "--session", "b"], "The session is named twice", ""),
        ]
        for words, message, hint in table:
            with self.subTest(words):
                self.check(words, message, hint)

    def test_with_json_the_error_is_one_json_object(self):
        with Program() as program:
            for words in (["password", "-o", "json", "--frob"], ["password", "--output=json"], ["token", "-ojson", "--force"]):
                done = program.run(*words)
                self.assertEqual((done.status, done.stdout), (2, ""))
                error = json.loads(done.stderr)
                self.assertEqual((error["class"], error["exit_status"], error["sent"], error["retry_safe"]),
                                 ("usage", 2, "no", False))
            done = program.run("token", "--frob", environment={"OAUTH_TOKEN_OUTPUT": "json"})
            self.assertEqual(json.loads(done.stderr)["class"], "usage")

    def test_a_session_that_does_not_exist_is_4_for_renewing_and_2_for_the_others(self):
        with Program() as program:
            for command, status in {"token": 4, "refresh": 4, "introspect": 2, "revoke": 2, "show": 2, "forget": 2}.items():
                with self.subTest(command):
                    done = program.run(command, "work")
                    self.assertEqual((done.status, done.stdout), (status, ""), done.stderr)
                    self.assertIn("work", done.stderr)


    def test_an_empty_name_of_a_profile_is_no_name_and_never_the_default_profile(self):
        with FaultServer(answering(TOKEN)) as server, Program() as program:
            program.file("config/oauth-token/config.toml",
                         f'[profiles.default]\nissuer = "{server.url()}"\ntoken-endpoint = "{server.url()}"\n'
                         'client-id = "app"\nusername = "alice"\nstore = "none"\n')
            os.chmod(program.config_home / "oauth-token", 0o700)
            for words in (["password", "", "--password-stdin"], ["client-credentials", ""], ["request", "urn:x", ""],
                          ["batch", ""], ["assertion", ""], ["discover", ""], ["doctor", ""],
                          ["refresh", "", "--refresh-token-stdin", "--on-rotation", "cat"],
                          ["profile", "set", "", "--client-id", "x"], ["profile", "show", ""], ["profile", "remove", ""]):
                with self.subTest(words):
                    done = program.run(*words, input="alice,s3cret\n")
                    self.assertEqual((done.status, done.stdout, server.connections), (2, "", 0), done.stderr)
                    self.assertIn('"" cannot be the name of a profile.', done.stderr)
            done = program.run("password", "--password-stdin", input="s3cret")
            self.assertEqual((done.status, done.stdout), (0, "at\n"), done.stderr)


class NameTest(unittest.TestCase):
    """What is said of a profile or session that is not there."""

    def setUp(self):
        self.program = Program({"OAUTH_TOKEN_STORE_KEY": "base64:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="})
        self.addCleanup(self.program.close)

    def configuration(self, text):
        self.program.file("config/oauth-token/config.toml", text)
        (self.program.config_home / "oauth-token").chmod(0o700)

    signed_in = False

    def said(self, *words, environment=None):
        done = self.program.run(*words, environment=environment)
        self.assertIn(done.status, (2, 4, 125), done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertFalse((self.program.state_home / "oauth-token").exists() and not self.signed_in, "it made folders")
        return done.stderr.splitlines()[-1].strip()

    def sign_in(self, server, *words):
        done = self.program.run("password", "--token-endpoint", server.url(), "--username", "alice", "--store", "file",
                                "--password-stdin", *words, input="secret")
        self.assertEqual(done.status, 0, done.stderr)
        self.signed_in = True

    def test_a_missing_session_names_the_command_that_signs_in(self):
        by_options = "There are no sessions yet. Sign in with: oauth-token password --issuer URL --client-id ID"
        self.assertEqual((self.said("token", "work"), self.said("token")), (f"{by_options} --session work", by_options))
        self.assertEqual(self.said("token", "work", environment={"OAUTH_TOKEN_ISSUER": "https://as.example"}),
                         "There are no sessions yet. Sign in with: oauth-token password --session work")
        self.configuration('[profiles.work]\nissuer = "https://as.example"\n[profiles.test]\nclient-id = "c"\n')
        none = "There are no sessions yet. Sign in with: oauth-token password "
        for words, expected in ((["token", "work"], none + "work"), (["exec", "work", "--", "true"], none + "work"),
                                (["show", "work"], "There are no sessions."), (["forget", "work"], "There are no sessions."),
                                (["refresh", "wrok"], 'Did you mean the profile "work"? ' + none + "work"),
                                (["token"], none + "PROFILE (the profiles: work, test)"),
                                (["token", "other-name"], none + "PROFILE --session other-name (the profiles: work, test)")):
            with self.subTest(words):
                self.assertEqual(self.said(*words), expected)
        self.configuration('[profiles.default]\nissuer = "https://as.example"\n')
        self.assertEqual(self.said("token", "other-name"), none + "--session other-name")

    def test_a_missing_session_names_those_there_are_and_the_nearest(self):
        with FaultServer(answering(TOKEN)) as server:
            self.sign_in(server, "--session", "first")
            self.sign_in(server, "--session", "second")
        self.assertEqual(self.said("token", "frist"), 'Did you mean "first"? There are: first, second. '
                                                      "Sign in with: oauth-token password --issuer URL --client-id ID --session frist")
        self.assertEqual(self.said("revoke", "frist"), 'Did you mean "first"? There are: first, second.')
        self.assertEqual(self.said("show"), "There are: first, second.")
        self.configuration('[profiles.frist]\nissuer = "https://as.example"\n')
        self.assertEqual(self.said("token", "frist"),
                         "There are: first, second. Sign in with: oauth-token password frist")
        self.assertEqual(self.said("token"), "There are: first, second. Name one of them, or sign in with: "
                                             "oauth-token password PROFILE (the profiles: frist)")

    def test_the_name_comes_from_the_operand_else_the_flag_else_the_variable_else_it_is_default(self):
        environment = {"OAUTH_TOKEN_SESSION": "by-variable", "OAUTH_TOKEN_PROFILE": "profile-by-variable"}
        for words, name in ((["token", "by-operand"], "by-operand"), (["token", "--session", "by-flag"], "by-flag"),
                            (["token"], "by-variable"), (["show"], "by-variable"), (["forget"], "by-variable")):
            with self.subTest(words):
                done = self.program.run(*words, environment=environment)
                self.assertIn(f'There is no session "{name}"', done.stderr)
        for words, name in ((["password", "by-operand"], "by-operand"), (["password"], "profile-by-variable"),
                            (["profile", "show"], "profile-by-variable")):
            with self.subTest(words):
                done = self.program.run(*words, environment=environment)
                self.assertIn(f'There is no profile "{name}"', done.stderr)
        self.assertIn('There is no session "default"', self.program.run("token").stderr)
        self.assertIn("No server is named", self.program.run("password").stderr)

    def test_a_variable_that_gave_the_name_or_changed_its_meaning_is_named(self):
        for words, variable, message in (
                (["password"], "PROFILE", 'There is no profile "wrk" (from OAUTH_TOKEN_PROFILE).'),
                (["profile", "show"], "PROFILE", 'There is no profile "wrk" (from OAUTH_TOKEN_PROFILE).'),
                (["password", "wrk"], "PROFILE", 'There is no profile "wrk".'),
                (["token"], "SESSION", 'There is no session "wrk" (from OAUTH_TOKEN_SESSION).'),
                (["revoke"], "SESSION", 'There is no session "wrk" (from OAUTH_TOKEN_SESSION).'),
                (["token", "wrk"], "SESSION", 'There is no session "wrk".'),
                (["password", "wrk"], "REFRESH_TOKEN", 'oauth-token profile set wrk'),
                (["token", "wrk", "--refresh-token-stdin"], "REFRESH_TOKEN", 'oauth-token profile set wrk')):
            with self.subTest(words, variable=variable):
                done = self.program.run(*words, environment={f"OAUTH_TOKEN_{variable}": "wrk"})
                self.assertIn(message, done.stderr.replace(f" in {self.program.config_home}/oauth-token/config.toml", ""))
                self.assertNotIn("unset it", done.stderr)
        for variable in ("OAUTH_TOKEN_REFRESH_TOKEN", "OAUTH_TOKEN_REFRESH_TOKEN_FILE"):
            done = self.program.run("token", "alice", environment={variable: "/x"})
            self.assertEqual((done.status, done.stdout), (2, ""))
            self.assertIn(f'  {variable} is set, so "alice" is read as a profile; unset it to use the session.\n', done.stderr)

    def test_a_missing_profile_names_those_there_are_and_the_nearest(self):
        self.configuration('[profiles.work]\n[profiles.test]\n')
        for words in (["password", "wrok"], ["profile", "show", "wrok"], ["profile", "remove", "wrok"]):
            with self.subTest(words):
                self.assertEqual(self.said(*words), 'Did you mean "work"? There are: work, test.')
        self.assertIn('make it with "oauth-token profile set other', self.said("profile", "show", "other"))
        self.assertEqual(self.said("profile", "remove", "other"), "There are: work, test.")

    def test_a_dead_session_names_the_command_that_signs_in_anew_as_it_was(self):
        with FaultServer(answering(TOKEN)) as server:
            words = ["--client-id", "a b", "--scope", "read", "--param", "realm=it's"]
            self.sign_in(server, *words, "--session", "first")
            command = (f"oauth-token password --token-endpoint {server.url()} --client-id 'a b' --username alice "
                       "--scope read --param 'realm=it'\\''s' --store file --session first")
            self.assertEqual(self.said("refresh", "first"), "Sign in again: " + command)
            again = self.program.run(*shlex.split(command)[1:], "--password-stdin", input="secret")
            self.assertEqual(again.status, 0, again.stderr)
            self.configuration(f'[profiles.work]\ntoken-endpoint = "{server.url()}"\nstore = "file"\nclient-id = "c"\n')
            self.assertEqual(self.program.run("password", "work", "--username", "alice", "--password-stdin",
                                              input="secret").status, 0)
            self.assertEqual(self.said("refresh", "work"), "Sign in again: oauth-token password work --username alice")

    def test_what_is_suggested_makes_the_same_session_again(self):
        """Also where the profile says other things by now than when the session was signed in."""
        record = self.program.state_home / "oauth-token/sessions/work.json"

        def fixed():
            """What is fixed at sign-in."""
            said = json.loads(record.read_text())
            changing = ("id", "generation", "dead_generation", "failure")
            return {name: value for name, value in said.items() if name not in changing and "_at" not in name}

        secret = self.program.file("client secret", "s3cr3t")
        here = 'token-endpoint = "%s"\n'
        profiles = ["", "[profiles.work]\n" + here, "[profiles.default]\nusername = \"bob\"\n" + here]
        profiles += [f"[profiles.work]\n{here}{line}\n" for line in (
            'store = "keyring"', 'lenient = true', 'proxy = "http://127.0.0.1:1"', 'header = "X-Site: a"', 'scope = "read write"',
            'resource = "urn:x"', 'session = "other"', 'username = "bob"', 'client-secret-file = "/nowhere"',
            'client-secret-command = "false"', 'client-assertion-file = "/nowhere"')]
        signed_in_with = [
            ["--client-secret-file", secret],
            ["--client-secret-file", secret, "--client-auth", "client_secret_post", "--header", "X-Site: it's b", "--header",
             "X-B: c", "--proxy", "", "--lenient", "--scope", "read", "--scope", "write", "--resource", "urn:y", "--param",
             "realm=r"],
            ["--client-secret-file", secret, "--basic-encoding", "raw"],
            ["--client-auth", "none"]]
        with FaultServer(answering(TOKEN)) as server:
            for words in signed_in_with:
                self.configuration("")
                self.sign_in(server, "--client-id", "c", *words, "--session", "work", "--replace")
                before = fixed()
                for profile in profiles:
                    with self.subTest(words=words, profile=profile):
                        self.configuration(profile.replace("%s", server.url()))
                        command = self.suggested("work")
                        self.program.run("forget", "work")
                        again = self.program.run(*command, "--password-stdin", input="secret")
                        self.assertEqual((again.status, again.stderr), (0, ""), command)
                        self.assertEqual(fixed(), before, command)

    def suggested(self, session):
        said = self.said("refresh", session)
        start = "Sign in again: oauth-token "
        self.assertTrue(said.startswith(start), said)
        return shlex.split(said[len(start):])


class SecretOnCommandLineTest(unittest.TestCase):
    def test_it_is_refused_with_one_helpful_sentence(self):
        table = {"--password": "--password-stdin", "--client-secret": "--client-secret-file",
                 "--refresh-token": "--refresh-token-file", "--totp": "--prompt-param"}
        with Program() as program:
            for command in ("password", "token", "list", "frob"):
                for option, instead in table.items():
                    for words in ([option, "hunter2-abc"], [f"{option}=hunter2-abc"]):
                        with self.subTest([command, *words]):
                            done = program.run(command, *words)
                            self.assertEqual((done.status, done.stdout), (2, ""))
                            self.assertIn(f"{option} is refused", done.stderr)
                            self.assertIn(instead, done.stderr)
                            self.assertNotIn("hunter2", done.stderr)

    def test_parameters_and_headers_that_are_our_own_are_refused_without_showing_their_value(self):
        words = [["--param", f"{name}=hunter2-abc"] for name in (
            "grant_type", "username", "password", "refresh_token", "client_id", "client_secret", "client_assertion",
            "client_assertion_type", "scope", "assertion", "code", "subject_token", "passcode", "otp", "totp",
            "new_password")]
        words += [["--header", f"{name}: hunter2-abc"] for name in (
            "Authorization", "authorization", "Host", "Content-Length", "Transfer-Encoding", "DPoP")]
        words += [["--param-file", "password=/nowhere"], ["--prompt-param", "password"], ["--header", "no colon"],
                  ["--header", "a b: c"], ["--header", "X: a\r\nAuthorization: b"], ["--param", "novalue"]]
        with Program() as program:
            for more in words:
                with self.subTest(more):
                    done = program.run("password", "--token-endpoint", NOWHERE, "--username", "alice", "--store", "none",
                                       "--password-stdin", *more, input="secret")
                    self.assertEqual((done.status, done.stdout), (2, ""), done.stderr)
                    self.assertNotIn("hunter2", done.stderr)

    def test_what_a_profile_or_a_variable_says_is_refused_naming_it(self):
        for key, value, message in (("param", "otp=hunter2-abc", "belongs neither on the command line nor into a profile"),
                                    ("param", "novalue", 'has no "="'),
                                    ("param-file", "scope=/nowhere", "is set by the program itself"),
                                    ("prompt-param", "scope", "is set by the program itself"),
                                    ("header", "Host: hunter2-abc", "is set by the program itself"),
                                    ("header", "no colon", "needs the form")):
            variable = "OAUTH_TOKEN_" + key.upper().replace("-", "_")
            for where, text, variables in ((f'{key} in profile "work": ', f'{key} = "{value}"\n', {}),
                                           (f"{variable}: ", "", {variable: value})):
                with self.subTest(where, value=value), Program() as program:
                    config = program.file("config.toml", f'[profiles.work]\ntoken-endpoint = "{NOWHERE}"\n{text}')
                    done = program.run("password", "work", "--config", config, "--username", "alice", "--store", "none", "--password-stdin",
                                       input="secret", environment=variables)
                    self.assertEqual((done.status, done.stdout), (2, ""), done.stderr)
                    self.assertTrue(done.stderr.startswith(f"oauth-token: {where}"), done.stderr)
                    self.assertIn(message, done.stderr)
                    self.assertNotIn("hunter2", done.stderr)

    def test_the_value_is_wiped_from_the_arguments(self):
        require_root()
        for words in (["--password", "hunter2-abc"], ["--client-secret=hunter2-abc"], ["--param", "totp=hunter2-abc"],
                      ["--header", "Authorization: hunter2-abc"], ["--Client_Secret=hunter2-abc"],
                      ["--pasword", "hunter2-abc"], ["--pasword=hunter2-abc"], ["-p", "hunter2-abc"],
                      ["--signing-key", "pkcs11:object=k?pin-value=hunter2-abc"],
                      ["--tls-key=pkcs11:object=k;pin-value=hunter2-abc"]):
            with self.subTest(words), Program() as program, FullPipe() as pipe:
                process = program.start("password", *words, stderr=pipe.writing)
                cmdline = pathlib.Path(f"/proc/{process.pid}/cmdline")
                option = words[0].partition("=")[0].encode()

                def wiped():
                    text = cmdline.read_bytes()
                    return b"oauth-token\0" in text and option in text and b"hunter2" not in text

                wait_until(wiped, "the value to be wiped")
                os.read(pipe.reading, 4096)
                process.communicate(timeout=20)
                self.assertEqual(process.returncode, 2)


class SurplusArgumentTest(unittest.TestCase):
    def test_an_argument_too_many_may_be_a_secret_and_is_neither_shown_nor_left_in_the_arguments(self):
        require_root()
        for words in (["work", "hunter2-abc"], ["--", "work", "hunter2-abc"]):
            with self.subTest(words), Program() as program, FullPipe() as pipe:
                process = program.start("password", *words, stderr=pipe.writing)
                cmdline = pathlib.Path(f"/proc/{process.pid}/cmdline")

                def wiped():
                    text = cmdline.read_bytes()
                    return b"work\0" in text and b"hunter2" not in text

                wait_until(wiped, "the argument to be wiped")
                said = os.read(pipe.reading, 4096)
                process.communicate(timeout=20)
                self.assertEqual(process.returncode, 2)
                self.assertNotIn(b"hunter2", said)


class InheritanceTest(unittest.TestCase):
    def test_an_ignored_sigchld_is_no_obstacle_to_commands(self):
        with Program() as program, FaultServer(answering(TOKEN)) as server:
            askpass = program.file("askpass", "#!/bin/sh\necho from-askpass\n", 0o700)
            for words, password in ((["--password-command", "echo from-command"], b"password=from-command"),
                                    (["--askpass", askpass], b"password=from-askpass")):
                with self.subTest(words):
                    done = program.run("password", "--token-endpoint", server.url(), "--username", "alice", "--store", "none",
                                       *words, preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
                    self.assertEqual((done.status, done.stdout), (0, "at\n"), done.stderr)
                    self.assertIn(password, server.requests[-1].body)


class EnvironmentTest(unittest.TestCase):
    def test_secret_variables_are_overwritten_before_anything_else(self):
        require_root()
        names = ("PASSWORD", "CLIENT_SECRET", "REFRESH_TOKEN", "STORE_KEY")
        environment = {f"OAUTH_TOKEN_{name}": "hunter2-abc" for name in names}
        with Program(environment) as program:
            process = program.start("password", "--token-endpoint", NOWHERE, "--client-id", "c", "--username", "alice",
                                    "--store", "none", "--password-stdin", stderr=None)
            environ = pathlib.Path(f"/proc/{process.pid}/environ")
            wait_until(lambda: b"OAUTH_TOKEN_STORE_KEY=\0" in environ.read_bytes(), "the variables to be wiped")
            self.assertNotIn(b"hunter2", environ.read_bytes())
            self.assertIn(b"HOME=", environ.read_bytes())
            process.kill()
            process.communicate()

    def test_a_command_gets_none_of_our_variables(self):
        environment = {"OAUTH_TOKEN_PASSWORD": "hunter2-abc", "OAUTH_TOKEN_SCOPE": "read"}
        with Program(environment) as program, FaultServer(answering(TOKEN)) as server:
            seen = program.home / "seen"
            done = program.run("password", "--token-endpoint", server.url(), "--client-id", "c", "--username", "alice",
                               "--store", "none", "--client-secret-command", f"env > {seen}; echo secret")
            self.assertEqual(done.status, 0, done.stderr)
            self.assertNotIn("OAUTH_TOKEN", seen.read_text())

    def test_what_runs_a_command_or_weakens_protection_is_not_taken_from_the_environment(self):
        commands = ["PASSWORD_COMMAND", "CLIENT_SECRET_COMMAND", "CLIENT_ASSERTION_COMMAND"]
        flags = ["INSECURE_TLS", "ALLOW_HTTP", "ALLOW_PLAINTEXT_STORE"]
        environment = {**{f"OAUTH_TOKEN_{name}": "touch ran; echo secret" for name in commands},
                       **{f"OAUTH_TOKEN_{name}": "1" for name in flags}}
        with Program(environment) as program:
            for words, status in ((["--token-endpoint", "http://192.0.2.1/token", "--store", "none"], 9),
                                  (["--token-endpoint", NOWHERE, "--store", "file"], 10)):
                done = program.run("password", *words, "--username", "alice", "--no-input", "--password-stdin",
                                   input="secret", cwd=program.home)
                self.assertEqual((done.status, done.stdout), (status, ""), done.stderr)
                self.assertFalse((program.home / "ran").exists())
                for name in environment:
                    self.assertIn(f"{name} is ignored", done.stderr)
            for name in ("REFRESH_TOKEN_COMMAND", "ON_ROTATION", "CONFIG"):
                done = program.run("refresh", environment={f"OAUTH_TOKEN_{name}": "touch ran; echo secret"}, cwd=program.home)
                self.assertEqual((done.status, done.stdout), (4, ""), done.stderr)
                self.assertIn(f"OAUTH_TOKEN_{name} is ignored", done.stderr)
                self.assertFalse((program.home / "ran").exists())

    def test_a_parameter_without_a_value_is_not_shown(self):
        with Program() as program:
            for words, environment in ((["--param", "totp:hunter2"], {}), ([], {"OAUTH_TOKEN_PARAM": "hunter2"}),
                                       ([], {"OAUTH_TOKEN_PARAM": "password=hunter2"})):
                done = program.run("password", "--token-endpoint", NOWHERE, "--username", "a", "--store", "none",
                                   "--password-stdin", *words, input="x", environment=environment)
                self.assertEqual((done.status, done.stdout), (2, ""), done.stderr)
                self.assertNotIn("hunter2", done.stderr)

    def test_nobody_is_asked_with_no_input_in_the_environment_either(self):
        with Program({"OAUTH_TOKEN_NO_INPUT": "1"}) as program:
            with program.terminal("password", "--token-endpoint", NOWHERE, "--username", "a", "--store", "none") as terminal:
                self.assertEqual(terminal.wait(), 2)
                self.assertIn("--no-input forbids asking", terminal.screen)


class PrecedenceTest(unittest.TestCase):
    def scope_sent(self, program, server, *words, environment=None):
        done = program.run("password", "--username", "alice", "--password-stdin", "--store", "none", *words,
                           input="secret", environment=environment)
        self.assertEqual(done.status, 0, done.stderr)
        return server.requests[-1].body.decode().partition("&scope=")[2].partition("&")[0]

    def test_a_flag_beats_a_variable_beats_the_profile(self):
        with Program() as program, FaultServer(answering(TOKEN)) as server:
            program.file("config/oauth-token/config.toml",
                         f'[profiles.default]\ntoken-endpoint = "{server.url()}"\nscope = ["from", "profile"]\n')
            os.chmod(program.config_home / "oauth-token", 0o700)
            variable = {"OAUTH_TOKEN_SCOPE": "variable"}
            self.assertEqual(self.scope_sent(program, server), "from%20profile")
            self.assertEqual(self.scope_sent(program, server, environment=variable), "variable")
            self.assertEqual(self.scope_sent(program, server, "--scope", "flag", "--scope", "two", environment=variable),
                             "flag%20two")

    def test_a_flag_hides_the_other_ways_to_give_the_same_secret(self):
        with Program() as program, FaultServer(answering(TOKEN)) as server:
            password = program.file("password", "from-flag\n")
            program.run("password", "--token-endpoint", server.url(), "--username", "alice", "--store", "none",
                        "--password-file", password, environment={"OAUTH_TOKEN_PASSWORD": "from-variable"})
            self.assertIn(b"password=from-flag", server.requests[-1].body)

    def test_a_variable_does_not_send_the_profiles_secrets_to_another_server(self):
        with Program() as program, FaultServer(answering(TOKEN)) as server:
            secret = program.file("secret", "s3cr3t")
            program.file("config/oauth-token/config.toml", '[profiles.work]\ntoken-endpoint = "https://as.example/token"\n'
                         f'client-id = "c"\nclient-secret-file = "{secret}"\n')
            os.chmod(program.config_home / "oauth-token", 0o700)
            done = program.run("password", "work", "--username", "alice", "--store", "none", "--password-stdin",
                               input="secret", environment={"OAUTH_TOKEN_TOKEN_ENDPOINT": server.url()})
            self.assertEqual((done.status, done.stdout, server.requests), (2, "", []), done.stderr)
            self.assertIn("https://as.example/token", done.stderr)
            self.assertIn(server.url(), done.stderr)


if __name__ == "__main__":
    unittest.main()
