"""The profile commands: what they write, what they refuse, and where a client secret goes."""

import base64
import http.server
import json
import pathlib
import threading
import unittest

from support.doctor import doctor
from support.program import Program
from support.secret_service import SecretService

SECRET = "s3cr%t:+/& =é"
COMMENTED = """# my servers
[profiles.other]  # keep
issuer = 'https://other.example'

[profiles.work]
# where
issuer = "https://as.example" # tail
scope = [
  "read", # one
]
"""


class Server:
    """A token endpoint with metadata that notes who asked for a token; 127.0.0.1, plain http."""

    def __enter__(self):
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer({"issuer": server.url, "token_endpoint": server.url + "/token"})

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                server.clients.append(self.headers["Authorization"])
                self.answer({"access_token": "token-1", "token_type": "Bearer"})

            def answer(self, members):
                body = json.dumps(members).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.clients = []
        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *failure):
        self._http.shutdown()
        self._http.server_close()


class ProfileTest(unittest.TestCase):
    def setUp(self):
        self.program = self.enter(Program())
        self.path = self.program.config_home / "oauth-token/config.toml"

    def enter(self, manager):
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def run_program(self, *arguments, status=0, **options):
        done = self.program.run(*arguments, **options)
        self.assertEqual(done.status, status, done.stderr)
        if status:
            self.assertEqual(done.stdout, "")
        return done

    def write(self, text, mode=0o600):
        return self.program.file("config/oauth-token/config.toml", text, mode)


class Editing(ProfileTest):
    def test_set_makes_a_file_for_the_user_alone(self):
        done = self.run_program("profile", "set", "work", "--issuer", "https://as.example", "--client-id", "app",
                                "--scope", "read write", "--scope", "admin", "--timeout", "20", "--lenient")
        self.assertEqual(done.stdout, "")
        self.assertEqual(self.path.read_text(), '[profiles.work]\nissuer = "https://as.example"\nclient-id = "app"\n'
                         'timeout = 20\nlenient = true\nscope = ["read", "write", "admin"]\n')
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.path.parent.stat().st_mode & 0o777, 0o700)

    def test_set_and_unset_keep_every_other_byte(self):
        self.write(COMMENTED)
        self.run_program("profile", "set", "work", "--client-id", "app", "--scope", "write")
        self.run_program("profile", "set", "other", "--unset", "issuer")
        self.assertEqual(self.path.read_text(), COMMENTED.replace("issuer = 'https://other.example'\n", "").replace(
            '[\n  "read", # one\n]', '["write"]\nclient-id = "app"'))

    def test_paths_are_written_so_that_they_hold_from_everywhere(self):
        self.run_program("profile", "set", "work", "--client-secret-file", "secret", cwd=self.program.home)
        self.assertEqual(self.path.read_text(),
                         f'[profiles.work]\nclient-secret-file = "{self.program.home.resolve()}/secret"\n')

    def test_a_new_place_for_a_secret_takes_the_old_ones_place(self):
        self.run_program("profile", "set", "work", "--client-secret-file", "/secret", "--password-file", "/password")
        self.run_program("profile", "set", "work", "--client-secret-command", "pass show a",
                         "--password-command", "pass show b")
        self.assertEqual(self.path.read_text(), '[profiles.work]\nclient-secret-command = "pass show a"\n'
                         'password-command = "pass show b"\n')

    def test_a_name_with_dots_is_quoted(self):
        self.run_program("profile", "set", "alice@as.example", "--client-id", "app")
        self.assertEqual(self.path.read_text(), '[profiles."alice@as.example"]\nclient-id = "app"\n')
        self.assertEqual(self.run_program("profile", "show", "alice@as.example", "--field", "client-id").stdout, "app\n")

    def test_a_new_profile_has_a_name_that_its_session_can_have(self):
        for name in ("a b", 'my."name"', ".work", "a/b", ""):
            done = self.run_program("profile", "set", "--client-id", "app", "--", name, status=2)
            self.assertIn(" cannot be the name of a profile.\n  Use up to 100 letters, digits and . _ @ + -", done.stderr)
        self.assertFalse(self.path.exists())
        self.write('[profiles."a b"]\nclient-id = "app"\n')
        self.run_program("profile", "set", "a b", "--client-id", "other")
        self.assertEqual(self.run_program("profile", "show", "a b").stdout, "client-id  other\n")

    def test_plain_http_to_another_machine_is_named_when_it_is_written(self):
        done = self.run_program("profile", "set", "work", "--issuer", "http://as.example", "--client-id", "app")
        self.assertIn("warning: issuer is plain http, which is refused for as.example: write its https URL, or "
                      "--allow-http with each command.\n", done.stderr)
        self.run_program("profile", "set", "work", "--issuer", "http://127.0.0.1:8080")
        done = self.run_program("profile", "set", "work", "--scope", "read")
        self.assertNotIn("warning", done.stderr)

    def test_with_o_json_an_error_is_one_json_object_and_a_success_is_silent(self):
        done = self.run_program("profile", "set", "work", "--client-id", "app", "-o", "json")
        self.assertEqual((done.stdout, done.stderr), ("", ""))
        done = self.run_program("profile", "set", "work", "--client-auth", "none", "--unset", "scpe", "-o", "json",
                                status=2)
        self.assertEqual(json.loads(done.stderr)["class"], "usage")
        done = self.run_program("profile", "remove", "wrok", status=2, environment={"OAUTH_TOKEN_OUTPUT": "json"})
        self.assertEqual(json.loads(done.stderr)["class"], "config")
        done = self.run_program("profile", "remove", "work", "-o", "json")
        self.assertEqual((done.stdout, done.stderr), ("", ""))

    def test_variables_are_not_written(self):
        self.run_program("profile", "set", "work", "--client-id", "app",
                         environment={"OAUTH_TOKEN_SCOPE": "admin", "OAUTH_TOKEN_ISSUER": "https://evil.example"})
        self.assertEqual(self.path.read_text(), '[profiles.work]\nclient-id = "app"\n')

    def test_remove_takes_the_profile_and_leaves_the_rest(self):
        self.write(COMMENTED + "\n# the end\n")
        self.run_program("profile", "remove", "work")
        self.assertEqual(self.path.read_text(),
                         "# my servers\n[profiles.other]  # keep\nissuer = 'https://other.example'\n\n# the end\n")
        self.run_program("profile", "remove", "work", status=2)

    def test_config_names_another_file(self):
        path = str(self.program.home / "own.toml")
        self.run_program("profile", "set", "work", "--client-id", "app", "--config", path)
        self.assertEqual(self.run_program("profile", "show", "work", "--config", path).stdout, "client-id  app\n")
        self.assertFalse(self.path.exists())
        done = self.run_program("profile", "list", "--config", path + ".none", status=2)
        self.assertIn("does not exist", done.stderr)

    def test_nothing_is_written_that_would_be_refused_when_it_is_used(self):
        self.write(COMMENTED)
        for arguments, message in (
            (["--issuer", "http://user@as.example"], "issuer: "),
            (["--token-endpoint", "ftp://as.example"], "token-endpoint: "),
            (["--client-auth", "basic"], "--client-auth must be one of"),
            (["--timeout", "soon"], "--timeout must be a number of seconds"),
            (["--param", "password=x"], 'The parameter "password"'),
            (["--prompt-param", "grant_type"], 'The parameter "grant_type"'),
            (["--header", "Authorization: x"], "Authorization"),
            (["--allow-http"], "for servers on this machine only"),
            (["--insecure-tls"], "for servers on this machine only"),
            (["--username", ""], "--username must not be empty."),
            (["--session", "a b"], '--session: "a b" cannot be the name of a session.'),
            (["--session", ".a"], '--session: ".a" cannot be the name of a session.'),
            (["--unset", "scpe"], 'Did you mean "scope"?'),
            (["--scope", "x", "--unset", "scope"], "exclude each other"),
            (["--client-id", "app", "--client-auth", "none", "--client-secret-file", "/x"], "does not use"),
            (["--signing-key", "pkcs11:object=k?pin-value=314159"], '"pin-value" of --signing-key is refused'),
            (["--tls-key", "PKCS11:object=k;module-path=/314159"], '--tls-key has the attribute "module-path"'),
            ([], "Nothing is given to set."),
        ):
            with self.subTest(arguments=arguments):
                done = self.run_program("profile", "set", "work", *arguments, status=2)
                self.assertIn(message, done.stderr)
                self.assertNotIn("314159", done.stderr)
                self.assertEqual(self.path.read_text(), COMMENTED)

    def test_a_pin_in_a_profile_is_refused_and_not_shown(self):
        self.write('[profiles.work]\nissuer = "https://as.example"\nclient-id = "app"\n'
                   'signing-key = "pkcs11:object=k?pin-value=314159"\n')
        done = self.run_program("assertion", "work", status=2)
        self.assertIn('signing-key in profile "work" has the attribute "pin-value"', done.stderr)
        self.assertNotIn("314159", done.stderr)

    def test_a_server_on_this_machine_may_be_without_tls(self):
        self.run_program("profile", "set", "work", "--issuer", "http://127.0.0.1:8080", "--allow-http")
        self.assertIn("allow-http = true\n", self.path.read_text())


class Reading(ProfileTest):
    def test_list_and_show_say_what_there_is(self):
        self.assertEqual(self.run_program("profile", "list").stdout, "")
        self.assertEqual(self.run_program("profile", "list", "-o", "json").stdout, "[]\n")
        self.write(COMMENTED + "lenient = true\ntimeout = 20\nusername = 'jo'\n")
        self.assertEqual(self.run_program("profile", "list").stdout,
                         "PROFILE  SERVER                 CLIENT  USER\n"
                         "other    https://other.example  -       -\n"
                         "work     https://as.example     -       jo\n")
        work = {"name": "work", "issuer": "https://as.example", "lenient": True, "scope": ["read"], "timeout": 20,
                "username": "jo"}
        self.assertEqual(json.loads(self.run_program("profile", "list", "-o", "json").stdout),
                         [{"name": "other", "issuer": "https://other.example"}, work])
        self.assertEqual(json.loads(self.run_program("profile", "show", "work", "-o", "json").stdout), work)
        self.assertEqual(self.run_program("profile", "show", "work").stdout,
                         "issuer    https://as.example\nlenient   true\nscope     read\ntimeout   20\nusername  jo\n")

    def test_json_has_the_type_of_each_key(self):
        for text, members in (
                ("lenient = false", {"lenient": False}),
                ("lenient = 'yes'", {"lenient": True}),
                ("lenient = 'perhaps'", {"lenient": "perhaps"}),
                ("timeout = '20'", {"timeout": 20}),
                ("timeout = 0", {"timeout": 0}),
                ("timeout = '020'", {"timeout": "020"}),
                ("timeout = '2m'", {"timeout": "2m"}),
                ("timeout = ''", {"timeout": ""}),
                ("timeout = [1, 2]", {"timeout": ["1", "2"]}),
                ("username = '1'", {"username": "1"}),
                ("scope = []", {"scope": []}),
                ("scope = 'read'", {"scope": ["read"]})):
            with self.subTest(text):
                self.write("[profiles.work]\n" + text + "\n")
                done = self.run_program("profile", "show", "work", "-o", "json")
                self.assertEqual(json.loads(done.stdout), {"name": "work", **members})

    def test_show_without_a_name_shows_the_one_that_would_be_used(self):
        self.write("[profiles.default]\nclient-id = 'd'\n[profiles.work]\nclient-id = 'w'\n")
        self.assertEqual(self.run_program("profile", "show").stdout, "client-id  d\n")
        self.assertEqual(self.run_program("profile", "show", environment={"OAUTH_TOKEN_PROFILE": "work"}).stdout,
                         "client-id  w\n")
        done = self.run_program("profile", "show", "none", status=2)
        self.assertIn('no profile "none"', done.stderr)

    def test_a_file_that_others_can_write_is_refused_by_every_command(self):
        self.write(COMMENTED, mode=0o666)
        for arguments in (["profile", "list"], ["profile", "show", "work"], ["profile", "remove", "work"],
                          ["profile", "set", "work", "--client-id", "x"], ["discover", "work"],
                          ["client-credentials", "work"]):
            with self.subTest(arguments=arguments):
                done = self.run_program(*arguments, status=2)
                self.assertIn("can be written by others", done.stderr)
        self.assertEqual(self.path.read_text(), COMMENTED)

    def test_mistakes_in_the_file_are_named_by_line(self):
        for text, message in (
            ("[profiles.work]\nisuer = 'x'\n", 'line 2: the profile "work" has an unknown key, "isuer".'),
            ("[profiles.work]\nrefresh-token-command = 'x'\n", 'has an unknown key, "refresh-token-command".'),
            ("[profiles.work]\nissuer = x\n", "is not written in TOML at line 2, column 10."),
            ("[profiles.work]\ntimeout = 1e400\n", "is not written in TOML at line 2, column 16.\n  A number is too large."),
            ("[profiles.work]\ntimeout = 1.5\n", 'line 2: "timeout" has a value of the wrong type.'),
            ("[profiles.work]\npassword = 's3cret'\n", 'line 2: the profile "work" holds a secret, "password".'),
        ):
            with self.subTest(text=text):
                self.write(text)
                done = self.run_program("profile", "list", status=2)
                self.assertIn(message, done.stderr)
                self.assertNotIn("s3cret", done.stderr)


class ClientSecret(ProfileTest):
    def setUp(self):
        super().setUp()
        self.server = self.enter(Server())
        self.program.environment.update(self.enter(SecretService()).environment())

    def request(self, profile="work", status=0):
        return self.run_program("client-credentials", profile, status=status)

    def assert_asked_with(self, secret, client="app"):
        """The next request carries this client secret."""
        self.assertEqual(self.request().stdout, "token-1\n")
        encoded = base64.b64decode(self.server.clients.pop().removeprefix("Basic ")).decode()
        self.assertEqual(encoded, f"{client}:{secret}")

    def assert_not_on_disk(self, secret):
        for path in pathlib.Path(self.program.home).rglob("*"):
            if path.is_file():
                self.assertNotIn(secret.encode(), path.read_bytes(), path)

    def set(self, *arguments, **options):
        return self.run_program("profile", "set", "work", "--basic-encoding", "raw", *arguments, **options)

    def test_it_goes_from_the_variable_to_the_keyring_and_from_there_to_the_server(self):
        done = self.set("--issuer", self.server.url, "--client-id", "app",
                        environment={"OAUTH_TOKEN_CLIENT_SECRET": SECRET})
        self.assertNotIn(SECRET, done.stdout + done.stderr)
        self.assertIn("client-secret-in-keyring = true\n", self.path.read_text())
        self.assert_not_on_disk(SECRET)
        self.assert_asked_with(SECRET)

    def test_it_comes_from_standard_input(self):
        self.set("--token-endpoint", self.server.url + "/token", "--client-id", "app", "--client-secret-stdin",
                 input=SECRET + "\n")
        self.assert_asked_with(SECRET)
        self.set("--client-secret-stdin", input="another")
        self.assert_asked_with("another")
        done = self.set("--client-secret-stdin", input="\n", status=2)
        self.assertIn("is empty", done.stderr)

    def test_it_is_asked_for_without_echo(self):
        for arguments in (["--client-secret-prompt"], ["--client-auth", "client_secret_basic"]):
            with self.subTest(arguments=arguments):
                with self.program.terminal("profile", "set", "work", "--basic-encoding", "raw", "--issuer",
                                           self.server.url, "--client-id", "app", *arguments) as terminal:
                    terminal.wait_for("Client secret of app, for the keyring")
                    terminal.wait_until(lambda terminal=terminal: not terminal.echo())
                    terminal.type(SECRET + "\n")
                    terminal.wait_for("Wrote profile")
                    self.assertEqual(terminal.wait(), 0)
                    self.assertNotIn(SECRET, terminal.screen)
                self.assert_asked_with(SECRET)
                self.run_program("profile", "remove", "work")

    def test_a_profile_whose_method_needs_one_needs_no_more_than_its_name_to_be_asked_for_it(self):
        self.write(f"[profiles.work]\nissuer = '{self.server.url}'\nclient-id = 'app'\nbasic-encoding = 'raw'\n"
                   "client-auth = 'client_secret_basic'\n")
        before = self.path.read_text()
        done = self.run_program("profile", "set", "work", status=2)
        self.assertIn("Nothing is given to set.", done.stderr)
        with self.program.terminal("profile", "set", "work") as terminal:
            terminal.wait_for("Client secret of app, for the keyring")
            terminal.type("\n")
            self.assertEqual(terminal.wait(), 2)
        self.assertEqual(self.path.read_text(), before)
        with self.program.terminal("profile", "set", "work") as terminal:
            terminal.wait_for("Client secret of app, for the keyring")
            terminal.type(SECRET + "\n")
            self.assertEqual(terminal.wait(), 0)
        self.assert_asked_with(SECRET)
        # Now it is there: nothing is asked for, nor read for --dry-run.
        with self.program.terminal("profile", "set", "work") as terminal:
            self.assertEqual(terminal.wait(), 2)
        done = self.run_program("client-credentials", "work", "--dry-run",
                                environment={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"})
        self.assertIn("Authorization: Basic", done.stderr)
        self.assertEqual(self.server.clients, [])

    def test_whoever_names_a_client_and_no_method_is_asked_whether_it_has_one(self):
        words = ("profile", "set", "work", "--basic-encoding", "raw")
        with self.program.terminal(*words, "--issuer", self.server.url, "--client-id", "app") as terminal:
            terminal.wait_for("Client secret of app, for the keyring (empty: none)")
            terminal.type(SECRET + "\n")
            self.assertEqual(terminal.wait(), 0)
        self.assert_asked_with(SECRET)
        self.run_program("profile", "remove", "work")
        with self.program.terminal(*words, "--issuer", self.server.url, "--client-id", "app") as terminal:
            terminal.wait_for("Client secret of app")
            terminal.type("\n")
            self.assertEqual(terminal.wait(), 0)
        self.assertNotIn("keyring", self.path.read_text())
        # Who has said so once, or has another proof, is not asked again.
        for more in (["--scope", "read"], ["--client-auth", "none", "--client-id", "app"],
                     ["--unset", "client-auth", "--client-id", "app", "--client-assertion-file", "/a"]):
            with self.program.terminal(*words, *more) as terminal:
                self.assertEqual(terminal.wait(), 0)
                self.assertNotIn("Client secret", terminal.screen)
        # Nobody is there to be asked, and the server is not asked either.
        self.run_program("profile", "remove", "work")
        done = self.run_program(*words, "--issuer", "http://127.0.0.1:1", "--client-id", "app")
        self.assertNotIn("secret", done.stderr)

    def test_a_server_that_cannot_be_asked_is_the_reason_why_nobody_was_asked(self):
        with self.program.terminal("profile", "set", "work", "--issuer", "http://127.0.0.1:1", "--client-id",
                                   "app") as terminal:
            terminal.wait_for("No client secret was asked for, since the server that it belongs to could not be asked:")
            terminal.wait_for("Then run this again.")
            self.assertEqual(terminal.wait(), 0)
        self.assertIn("client-id", self.path.read_text())

    def test_a_method_that_needs_one_asks_nobody_where_nobody_is(self):
        self.set("--issuer", self.server.url, "--client-id", "app", "--client-auth", "client_secret_basic")
        self.assertNotIn("keyring", self.path.read_text())
        with self.program.terminal("profile", "set", "work", "--scope", "read",
                                   environment={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}) as terminal:
            terminal.wait_for("No client secret was asked for, since there is no place for it:")
            terminal.wait_for("Use --client-secret-file or --client-secret-command instead.")
            self.assertEqual(terminal.wait(), 0)
        done = self.set("--client-secret-prompt", status=2)
        self.assertIn("--client-secret-stdin", done.stderr)

    def test_remove_erases_it(self):
        self.set("--issuer", self.server.url, "--client-id", "app", "--client-secret-stdin", input=SECRET)
        text = self.path.read_text()
        self.run_program("profile", "remove", "work")
        self.write(text)
        done = self.request(status=2)
        self.assertIn("The keyring holds no secret", done.stderr)

    def test_sessions_that_need_an_erased_secret_are_named(self):
        def sign_in(name, *words):
            self.set("--issuer", self.server.url, "--client-id", "app", "--client-secret-stdin", input=SECRET)
            self.run_program("password", "work", "--username", "alice", "--password-stdin", "--session", name, *words, input="x")

        sign_in("first")
        sign_in("second", "--client-secret-file", self.program.file("secret", SECRET))
        warning = "warning: Without the client secret that was erased from the keyring, these sessions cannot be renewed: first. "
        self.assertIn(warning, self.run_program("profile", "remove", "work").stderr)
        sign_in("third")
        done = self.set("--client-secret-file", self.program.file("secret", SECRET))
        self.assertIn("cannot be renewed: first, third. ", done.stderr)
        self.set("--client-secret-stdin", input=SECRET)
        self.run_program("forget", "first")
        self.run_program("forget", "third")
        self.assertNotIn("warning", self.run_program("profile", "remove", "work").stderr)

    def test_a_secret_that_another_profile_uses_stays(self):
        for name in ("work", "twin"):
            self.run_program("profile", "set", name, "--basic-encoding", "raw", "--issuer", self.server.url,
                             "--client-id", "app", "--client-secret-stdin", input=SECRET)
        self.run_program("profile", "remove", "twin")
        self.assert_asked_with(SECRET)

    def test_one_item_is_erased_with_the_last_profile_that_uses_it_and_with_no_other(self):
        with Server() as other:
            def make(name, key, url):
                self.run_program("profile", "set", name, "--basic-encoding", "raw", key, url, "--client-id", "app",
                                 "--client-secret-stdin", input=SECRET)

            for key, path in (("--issuer", ""), ("--token-endpoint", "/token")):
                with self.subTest("two servers", key=key):
                    make("work", key, self.server.url + path)
                    make("twin", key, other.url + path)
                    text = self.path.read_text()
                    self.run_program("profile", "remove", "twin")
                    self.assert_asked_with(SECRET)
                    self.write(text)
                    self.assertIn("The keyring holds no secret", self.request("twin", status=2).stderr)
                    self.path.unlink()
            with self.subTest("one server, named in two ways"):
                make("work", "--issuer", self.server.url)
                make("twin", "--token-endpoint", self.server.url + "/token")
                self.run_program("profile", "remove", "twin")
                self.assert_asked_with(SECRET)
                self.set("--token-endpoint", self.server.url + "/token", "--client-secret-stdin", input="another")
                self.assert_asked_with("another")

    def test_another_place_erases_it_from_the_keyring(self):
        self.set("--issuer", self.server.url, "--client-id", "app", "--client-secret-stdin", input=SECRET)
        text = self.path.read_text()
        self.set("--client-secret-file", self.program.file("secret", "from file"))
        self.assertNotIn("keyring", self.path.read_text())
        self.assert_asked_with("from file")
        self.write(text)
        self.assertIn("The keyring holds no secret", self.request(status=2).stderr)

    def test_it_follows_no_other_server_and_no_other_client(self):
        self.set("--issuer", self.server.url, "--client-id", "app", "--client-secret-stdin", input=SECRET)
        text = self.path.read_text()
        with Server() as other:
            for arguments in (["--issuer", other.url], ["--token-endpoint", other.url + "/token"],
                              ["--client-id", "another"]):
                with self.subTest(arguments=arguments):
                    self.assertIn("is bound to", self.set(*arguments, status=2).stderr)
                    self.assertEqual(self.path.read_text(), text)
            # Nor when the file is edited by hand.
            for edited in (text.replace(self.server.url, other.url), text.replace('"app"', '"another"')):
                self.write(edited)
                self.assertIn("The keyring holds no secret", self.request(status=2).stderr)
            self.assertEqual(other.clients + self.server.clients, [])

    def test_an_edited_profile_leads_it_to_no_other_server_or_client(self):
        self.set("--token-endpoint", self.server.url + "/token", "--client-id", "app", "--client-secret-stdin", input=SECRET)
        text = self.path.read_text()
        other = self.enter(Server())
        for edited in (text.replace(self.server.url, other.url), text.replace("'app'", "'other'").replace('"app"', '"other"')):
            with self.subTest(edited):
                self.assertNotEqual(edited, text)
                self.write(edited)
                done = self.request(status=2)
                self.assertIn("The keyring holds no secret of client", done.stderr)
        self.assertEqual((self.server.clients, other.clients), ([], []))

    def test_without_server_or_client_it_is_refused(self):
        done = self.set("--client-id", "app", "--client-secret-stdin", input=SECRET, status=2)
        self.assertIn("no server or no client id", done.stderr)
        done = self.set("--issuer", self.server.url, "--client-secret-stdin", input=SECRET, status=2)
        self.assertIn("no server or no client id", done.stderr)
        self.assertFalse(self.path.exists())

    def test_without_a_keyring_another_place_for_it_is_named_and_not_another_store(self):
        self.set("--token-endpoint", self.server.url + "/token", "--client-id", "app", "--client-secret-stdin", input=SECRET)
        key = self.program.file("key", "base64:" + "A" * 43 + "=")
        self.program.environment["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={self.program.home}/none"
        sign_in = ["password", "work", "--username", "alice", "--password-stdin", "--store", "file", "--store-key-file", key]
        for words in (["client-credentials", "work"], sign_in, ["profile", "remove", "work"]):
            with self.subTest(words):
                said = self.run_program(*words, status=10, input="secret").stderr
                self.assertIn("client secret cannot be ", said)
                self.assertIn("name the client secret with --client-secret-file FILE or --client-secret-command CMD.", said)
                self.assertNotIn("--store file", said)
        checked = doctor(self.program, "work").one("client-secret")
        self.assertIn("--client-secret-file", checked["hint"])
        self.assertNotIn("--store file", checked["hint"])
        self.run_program(*sign_in, "--client-secret-file", self.program.file("secret", SECRET), input="secret")

    def test_without_a_keyring_nothing_is_written(self):
        done = self.set("--token-endpoint", self.server.url + "/token", "--client-id", "app", status=10,
                        environment={"OAUTH_TOKEN_CLIENT_SECRET": SECRET,
                                     "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.program.home}/none"})
        self.assertIn("--client-secret-file", done.stderr)
        self.assertFalse(self.path.exists())


if __name__ == "__main__":
    unittest.main()
