"""The C API, called as another language would: by ctypes, at a real server."""

import base64
import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from unittest import mock

from support.authorization_servers import OidcProvider
from support.fault_server import FaultServer, answering, response
from support.rotating_server import RotatingServer
from support.secret_service import SecretService

PROJECT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ["OAUTH_TOKEN_BUILD"])
LIBRARY = next(BUILD.glob("lib*/**/liboauth_token_c.so.0"))
HEADER = (PROJECT / "include/oauth_token/oauth_token.h").read_text(encoding="utf-8")

RETURNS = {"int": ctypes.c_int, "int64_t": ctypes.c_int64, "void": None, "const char *": ctypes.c_char_p}
PARAMETERS = {"int": ctypes.c_int, "unsigned": ctypes.c_uint, "int64_t": ctypes.c_int64, "size_t": ctypes.c_size_t}


def declared():
    """The functions of the header: name -> (return type, types of parameters)."""
    text = re.sub(r"\s+", " ", re.sub(r"///[^\n]*|/\*.*?\*/", "", HEADER, flags=re.S))
    found = re.findall(r"OAUTH_TOKEN_API ((?:const )?\w+ \*?)(\w+)\(([^)]*)\);", text)
    return {
        name: (kind.strip(), [re.sub(r"\w+$", "", p.strip()).strip() for p in parameters.split(",") if p.strip() != "void"])
        for kind, name, parameters in found
    }


def load():
    library = ctypes.CDLL(str(LIBRARY))
    for name, (kind, parameters) in declared().items():
        function = getattr(library, name)
        function.restype = RETURNS.get(kind, ctypes.c_void_p)
        function.argtypes = [
            ctypes.c_char_p if p == "const char *" else PARAMETERS.get(p, ctypes.c_void_p) for p in parameters
        ]
    return library


TOKEN = response(b'{"access_token":"at","token_type":"Bearer"}', headers=[("Content-Type", "application/json")])


class ApiError(Exception):
    """An error handle, read and freed."""

    FIELDS = ("class", "exit_status", "message", "hint", "reason", "code", "description", "uri", "extra", "http_status",
              "retry_after", "sent", "retry_safe")

    def __init__(self, library, handle):
        for field in self.FIELDS:
            value = getattr(library, f"oauth_token_error_{field}")(handle)
            setattr(self, field, value.decode() if isinstance(value, bytes) else value)
        self.token = library.oauth_token_error_take_token(handle)
        library.oauth_token_error_free(handle)
        super().__init__(f"{getattr(self, 'class')}: {self.message}")


class Api:
    """api("settings_set", settings, b"issuer", ...) frees every handle at the end and raises ApiError."""

    def __init__(self):
        self.library = load()
        self.handles = []

    def __call__(self, name, *arguments):
        kind, parameters = declared()[f"oauth_token_{name}"]
        function = getattr(self.library, f"oauth_token_{name}")
        error = ctypes.c_void_p()
        if parameters and parameters[-1] == "oauth_token_error **":
            arguments = (*arguments, ctypes.byref(error))
        result = function(*arguments)
        if error:
            raise ApiError(self.library, error)
        if function.restype is ctypes.c_void_p and result:
            self.handles.append((kind.split()[0], result))
        return result

    def free(self):
        while self.handles:
            kind, handle = self.handles.pop()
            getattr(self.library, f"{kind}_free")(handle)


class ApiCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="oauth-token-c."))
        self.addCleanup(shutil.rmtree, self.folder)
        self.api = Api()
        self.addCleanup(self.api.free)

    def settings(self, **choices):
        settings = self.api("settings_new")
        for name, value in choices.items():
            self.api("settings_set", settings, name.replace("_", "-").encode(), str(value).encode())
        return settings

    def request(self, grant_type, secrets=(), **parameters):
        request = self.api("request_new", grant_type.encode())
        for name, value in parameters.items():
            self.api("request_add", request, name.encode(), value.encode())
        for name, value in secrets:
            self.api("request_add_secret", request, name.encode(), value.encode(), len(value.encode()))
        return request

    @contextlib.contextmanager
    def fails(self, error_class, message=None):
        with self.assertRaises(ApiError) as caught:
            yield caught
        self.assertEqual(getattr(caught.exception, "class"), error_class, caught.exception)
        self.assertEqual(caught.exception.message, message or caught.exception.message)


class AtServer(ApiCase):
    @classmethod
    def setUpClass(cls):
        cls.server = OidcProvider().start()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        super().setUp()
        key = self.folder / "key"
        key.write_text("base64:" + "A" * 43 + "=")
        key.chmod(0o600)
        self.choices = {
            "issuer": self.server.issuer, "client_id": self.server.client_id_public, "cacert": self.server.ca_file,
            "state_folder": self.folder / "state", "store": "file", "store_key_file": key,
        }

    def password(self, password=None):
        secrets = [("password", password or self.server.password)]
        return self.request("password", secrets, username=self.server.username, scope="openid offline_access")

    def test_a_client_requests_a_token_asks_about_it_and_revokes_it(self):
        client = self.api("client_new", self.settings(**self.choices), None)
        token = self.api("client_request", client, self.password(), None)
        length = ctypes.c_size_t()
        text = self.api("token_access_token", token, ctypes.byref(length))
        self.assertRegex(text.decode(), r"\A[A-Za-z0-9_-]{43}\Z")
        self.assertEqual(length.value, 43)
        self.assertEqual(self.api("token_type", token), b"Bearer")
        self.assertIn(b"openid", self.api("token_scope", token).split())
        self.assertGreater(self.api("token_expires_at", token), 1_700_000_000)
        self.assertEqual(self.api("token_id_token", token, None).count(b"."), 2)
        self.assertIsNone(self.api("token_warning", token, 0))
        answer = self.api("client_introspect", client, text, len(text), b"access_token", None)
        self.assertIn(b'"active":true', self.api("secret_text", answer, None))
        refresh = self.api("token_refresh_token", token, None)
        renewed = self.api("client_request", client, self.request("refresh_token", [("refresh_token", refresh.decode())]), None)
        self.assertNotEqual(self.api("token_access_token", renewed, None), text)
        fresh = self.api("token_refresh_token", renewed, None)
        self.api("client_revoke", client, fresh, len(fresh), b"refresh_token", None)
        with self.fails("reauthenticate") as caught:
            self.api("client_request", client, self.request("refresh_token", [("refresh_token", fresh.decode())]), None)
        self.assertEqual((caught.exception.exit_status, caught.exception.code), (4, "invalid_grant"))

    def test_each_authentication_method_with_a_plain_value_or_a_file_is_one_of_the_settings(self):
        secret = self.folder / "secret"
        secret.write_text(self.server.client_secret)
        secret.chmod(0o600)
        for choices, value in (
            ({"client_auth": "client_secret_basic"}, self.server.client_secret),
            ({"client_auth": "client_secret_basic", "client_secret_file": secret}, None),
            ({}, self.server.client_secret),
        ):
            with self.subTest(choices=choices):
                settings = self.settings(**{**self.choices, "client_id": self.server.client_id, **choices})
                if value:
                    self.api("settings_set_secret", settings, b"client-secret", value.encode(), len(value))
                client = self.api("client_new", settings, None)
                self.assertTrue(self.api("client_request", client, self.password(), None))

    def test_what_the_server_refuses_is_an_error_with_its_words(self):
        client = self.api("client_new", self.settings(**self.choices), None)
        with self.fails("credentials") as caught:
            self.api("client_request", client, self.password("opensesame"), None)
        error = caught.exception
        self.assertEqual(
            (error.exit_status, error.code, error.http_status, error.sent, error.retry_after, error.token),
            (3, "invalid_grant", 400, "yes", -1, None),
        )
        self.assertTrue(error.message.endswith("."), error.message)
        self.assertNotIn("opensesame", error.message + error.hint + error.description)

    def test_a_session_is_signed_in_found_renewed_and_revoked(self):
        settings = self.settings(**self.choices)
        prepared = self.api("sign_in_prepare", settings, b"work", self.password(), 0, None)
        with self.fails("credentials"):
            self.api("sign_in_request", prepared, self.password("opensesame"), None)
        first = self.api("token_access_token", self.api("sign_in_request", prepared, self.password(), None), None)
        names = self.api("session_list", settings)
        self.assertEqual([self.api("names_at", names, 0), self.api("names_at", names, 1)], [b"work", None])
        session = self.api("session_open", settings, b"work")
        self.assertEqual(
            [self.api("session_get", session, name) for name in (b"username", b"client-id", b"scope", b"no such")],
            [self.server.username.encode(), self.server.client_id_public.encode(), b"openid offline_access", None],
        )
        kept = self.api("session_token", session, -1, 0, None)
        self.assertEqual(self.api("token_access_token", kept, None), first)
        renewed = self.api("token_access_token", self.api("session_token", session, -1, 1, None), None)
        self.assertNotEqual(renewed, first)
        self.assertIn(b'"active":true', self.api("secret_text", self.api("session_introspect", session, None), None))
        self.server.forget_requests()
        self.api("session_revoke", session, None)
        self.assertEqual([request["url"].rsplit("/", 1)[1] for request in self.server.requests()], ["revocation"] * 2)
        self.assertIsNone(self.api("names_at", self.api("session_list", settings), 0))
        with self.fails("reauthenticate"):
            self.api("session_open", settings, b"work")

    def test_a_token_that_is_bound_to_a_key_comes_with_the_proof_for_a_request(self):
        settings = self.settings(**self.choices, dpop="required")
        prepared = self.api("sign_in_prepare", settings, b"bound", self.password(), 0, None)
        self.api("sign_in_request", prepared, self.password(), None)
        session = self.api("session_open", settings, b"bound")
        token = self.api("session_authorize", session, b"GET", b"https://api.example/things", None, None)
        self.assertEqual(self.api("token_type", token), b"DPoP")
        self.assertRegex(self.api("token_dpop_proof", token, None), rb"\A[\w-]+\.[\w-]+\.[\w-]+\Z")

    def test_a_session_is_forgotten_without_asking_the_server(self):
        settings = self.settings(**self.choices)
        prepared = self.api("sign_in_prepare", settings, b"work", self.password(), 0, None)
        self.api("sign_in_request", prepared, self.password(), None)
        before = len(self.server.requests())
        self.api("session_forget", self.api("session_open", settings, b"work"), None)
        self.assertEqual(len(self.server.requests()), before)
        self.assertIsNone(self.api("names_at", self.api("session_list", settings), 0))

    def test_a_session_of_another_client_is_not_opened(self):
        settings = self.settings(**self.choices)
        prepared = self.api("sign_in_prepare", settings, b"work", self.password(), 0, None)
        self.api("sign_in_request", prepared, self.password(), None)
        with self.fails("usage"):
            self.api("session_open", self.settings(**{**self.choices, "client_id": "other"}), b"work")

    def test_the_example_in_python_signs_in_and_has_a_token(self):
        key = self.choices["store_key_file"]
        done = subprocess.run(
            [sys.executable, PROJECT / "examples/ctypes_example.py", "work", self.server.username,
             *(f"{name.replace('_', '-')}={value}" for name, value in self.choices.items())],
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "LD_LIBRARY_PATH": str(LIBRARY.parent)},
            input=self.server.password.encode(), capture_output=True, timeout=60, check=False,
        )
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"Bearer 43\n", b""), key)


class AtAnyServer(ApiCase):
    def test_a_request_takes_the_parameters_of_its_grant(self):
        with FaultServer(answering(TOKEN)) as server:
            client = self.api("client_new", self.settings(token_endpoint=server.url(), client_id="app"), None)
            for grant_type, secrets, parameters, body in (
                ("refresh_token", [("refresh_token", "rt-1"), ("otp", "1")], {"scope": " a  b "},
                 b"grant_type=refresh_token&refresh_token=rt-1&client_id=app&scope=a%20b&otp=1"),
                ("password", [("password", "p"), ("otp", "1")],
                 {"username": "u", "resource": "https://api.example", "x": "y"},
                 b"grant_type=password&username=u&password=p&client_id=app&resource=https%3A%2F%2Fapi.example&otp=1&x=y"),
                ("urn:x", [("password", "p")], {"username": "u"},
                 b"grant_type=urn%3Ax&client_id=app&password=p&username=u"),
            ):
                with self.subTest(grant_type):
                    self.api("client_request", client, self.request(grant_type, secrets, **parameters), None)
                    self.assertEqual(server.requests[-1].body, body)

    def test_a_client_secret_goes_out_in_the_encoding_that_is_set(self):
        with FaultServer(answering(TOKEN)) as server:
            for encoding, sent in (("form", b"app:a%20%2B"), ("raw", b"app:a +")):
                settings = self.settings(token_endpoint=server.url(), client_id="app", basic_encoding=encoding,
                                         client_secret_in_keyring="false")
                self.api("settings_set_secret", settings, b"client-secret", b"a +", 3)
                client = self.api("client_new", settings, None)
                self.api("client_request", client, self.request("client_credentials"), None)
                self.assertEqual(server.requests[-1].header("authorization"),
                                 ["Basic " + base64.b64encode(sent).decode()])

    def test_what_is_asked_of_a_session_that_has_no_such_thing_is_refused(self):
        key = self.folder / "key"
        key.write_text("base64:" + "A" * 43 + "=")
        key.chmod(0o600)
        state = self.folder / "state"
        with FaultServer(answering(TOKEN)) as server:
            settings = self.settings(token_endpoint=server.url(), client_id="app", state_folder=state, store="file",
                                     store_key_file=key)
            self.assertIsNone(self.api("names_at", self.api("session_list", settings), 0))
            sign_in = self.api("sign_in_prepare", settings, b"work", self.request("password", username="u"), 0, None)
            request = self.request("password", [("password", "p")], username="u")
            self.api("sign_in_request", sign_in, request, None)
            with self.fails("usage", "The request has been used up already."):
                self.api("sign_in_request", sign_in, request, None)
            names = self.api("session_list", settings)
            self.assertEqual([self.api("names_at", names, index) for index in (0, 1)], [b"work", None])
            session = self.api("session_open", settings, b"work")
            self.assertEqual([self.api("session_get", session, name) for name in (b"username", b"colour", None)],
                             [b"u", None, None])
            token = self.api("session_token", session, -1, 0, None)
            self.assertEqual(self.api("token_access_token", token, None), b"at")
            with self.fails("usage", 'The argument "flags" has a bit that means nothing.'):
                self.api("session_token", session, -1, 128, None)
            with self.fails("config", 'The tokens of session "work" are not bound to a key.'):
                self.api("session_authorize", session, b"GET", b"https://api.example/", None, None)
            with self.fails("usage", '"no method" cannot be the method of a request.'):
                self.api("session_authorize", session, b"no method", b"https://api.example/", b"nonce", None)
            with self.fails("config", "The introspection endpoint of the server is not known."):
                self.api("session_introspect", session, None)
            self.api("session_forget", session, None)
            for call in ("session_introspect", "session_forget"):
                with self.subTest(call), self.fails("reauthenticate", 'There is no session "work".'):
                    self.api(call, session, None)
            sessions = state / "sessions"
            sessions.chmod(0o777)
            with self.fails("config", f"{sessions} is not safe to use: other users can write to it."):
                self.api("session_list", settings)

    def test_a_client_without_the_endpoint_that_it_needs_says_so(self):
        nowhere = self.settings(client_id="app")
        with self.fails("config", "Neither issuer nor token endpoint is named."):
            self.api("client_new", nowhere, None)
        with self.fails("config", "Neither issuer nor token endpoint is named."):
            self.api("sign_in_prepare", nowhere, b"work", self.request("password", username="u"), 0, None)
        client = self.api("client_new", self.settings(token_endpoint="http://127.0.0.1:9/token", client_id="app"), None)
        for call, what in (("client_introspect", "introspection"), ("client_revoke", "revocation")):
            with self.subTest(call), self.fails("config", f"The {what} endpoint of the server is not known."):
                self.api(call, client, b"at", 2, None, None)

    def test_a_server_that_asks_for_a_pause_is_an_error_with_its_length(self):
        busy = response(status=503, reason="Busy", headers=[("Retry-After", "7")])
        with FaultServer(answering(busy)) as server:
            settings = self.settings(token_endpoint=server.url(), client_id="app")
            client = self.api("client_new", settings, None)
            with self.fails("server") as caught:
                self.api("client_request", client, self.request("client_credentials"), None)
        self.assertEqual((caught.exception.http_status, caught.exception.retry_after), (503, 7))


class Misuse(ApiCase):
    def test_a_setting_that_is_none_is_named(self):
        with self.fails("usage") as caught:
            self.settings(isuer="https://as.example")
        self.assertEqual((caught.exception.message, caught.exception.exit_status), ('There is no setting "isuer".', 2))
        self.assertEqual(caught.exception.sent, "no")

    def test_a_value_that_cannot_be_one_is_refused(self):
        for name, value in (("timeout", "0"), ("timeout", "1.5"), ("timeout", "86401"), ("timeout", "a"), ("lenient", "yes"),
                            ("dpop", "on"), ("header", "x"), ("header", ": x"), ("basic-encoding", ""),
                            ("client-secret-in-keyring", "1")):
            with self.subTest(name=name), self.fails("usage") as caught:
                self.settings(**{name: value})
            self.assertRegex(caught.exception.message, rf'\AThe setting "{name}" must be ')

    def test_the_header_names_each_setting_that_there_is(self):
        documented = re.search(r"/// Server: (.*?)///\n", HEADER, re.S).group(1)
        names = set(re.findall(r"\b[a-z]+(?:-[a-z]+)+\b|\b(?:issuer|dpop|cacert|proxy|header|timeout|lenient|store)\b",
                               re.sub(r"\([^)]*\)", "", documented)))
        values = {"header": "X: y", "basic-encoding": "raw", "dpop": "required"}
        flags = {"assertion-nbf", "lenient", "insecure-tls", "allow-http", "kernel-cache", "keyring-prompt",
                 "client-secret-in-keyring"}
        self.assertGreater(len(names), 35)
        for name in sorted(names):
            value = values.get(name) or ("true" if name in flags else "7")
            self.api("settings_set", self.settings(), name.encode(), value.encode())
        source = (PROJECT / "lib/c/settings.cpp").read_text(encoding="utf-8")
        known = set(re.findall(r'^    \{"([a-z-]+)", \[\]', source.split("constexpr Place<SecretSource>")[0], re.M))
        known |= set(re.findall(r'name == "([a-z-]+)"', source))
        self.assertEqual(known - names, set())

    def test_nothing_is_done_with_null(self):
        nothing = {"const char *": None, "int": 0, "unsigned": 0, "int64_t": 0, "size_t": 0}
        for name, (_, parameters) in declared().items():
            if parameters and parameters[-1] == "oauth_token_error **" and name != "oauth_token_session_list":
                with self.subTest(name=name), self.fails("usage") as caught:
                    self.api(name.removeprefix("oauth_token_"), *(nothing.get(p) for p in parameters[:-1]))
                self.assertRegex(caught.exception.message, r'\AThe argument "\w+" is NULL\.\Z')
            elif name.endswith("_free"):
                self.api(name.removeprefix("oauth_token_"), None)

    def test_each_argument_that_is_needed_is_named_where_it_is_null(self):
        words = {"name": b"issuer", "value": b"https://as.example", "grant_type": b"password", "method": b"GET",
                 "url": b"https://api.example"}
        needed = {
            "settings_set": "settings name value", "settings_set_secret": "settings name secret", "client_new": "settings",
            "request_add": "request name value", "request_add_secret": "request name secret",
            "client_request": "client request", "client_revoke": "client token", "client_introspect": "client token",
            "sign_in_prepare": "settings name request", "sign_in_request": "sign_in request", "session_open": "name",
            "session_token": "session", "session_authorize": "session method url", "session_introspect": "session",
            "session_revoke": "session", "session_forget": "session",
        }
        something = ctypes.create_string_buffer(16)  # stands for what is not looked at
        for function, names in needed.items():
            _, types = declared()[f"oauth_token_{function}"]
            for missing in names.split():
                given = [None if name == missing else words.get(name, something) for name in names.split()]
                rest = [0 if kind in PARAMETERS else None for kind in types[len(given):-1]]
                if function == "session_open":
                    given, rest = [None, None], []
                with self.subTest(function, missing=missing), self.fails("usage") as caught:
                    self.api(function, *given, *rest)
                self.assertEqual(caught.exception.message, f'The argument "{missing}" is NULL.')
        self.assertIsNone(self.api("request_new", None))
        self.api("cancel_now", None)

    def test_errors_need_not_be_asked_for(self):
        library = self.api.library
        self.assertEqual(library.oauth_token_settings_set(None, b"issuer", b"", None), -1)
        self.assertIsNone(library.oauth_token_client_new(None, None, None))

    def test_a_secret_is_no_plain_parameter_and_a_request_goes_out_once(self):
        for grant_type, name in (("password", "password"), ("refresh_token", "refresh_token"), ("urn:x", "password")):
            with self.subTest(grant_type, name=name):
                with self.fails("usage") as caught:
                    self.request(grant_type, **{name: "in the clear"})
                self.assertEqual(caught.exception.message, f'The parameter "{name}" is a secret.')
        client = self.api("client_new", self.settings(token_endpoint="http://127.0.0.1:9/token", client_id="app"), None)
        request = self.request("password", [("password", "secret")], username="alice")
        with self.fails("network"):
            self.api("client_request", client, request, None)
        with self.fails("usage") as caught:
            self.api("client_request", client, request, None)
        self.assertEqual(caught.exception.message, "The request has been used up already.")

    def test_another_thread_cancels_a_request_that_waits_for_its_answer(self):
        asked = threading.Event()

        def never_answer(connection):
            connection.read_request()
            asked.set()
            connection.wait()

        with FaultServer(never_answer) as server:
            client = self.api(
                "client_new", self.settings(token_endpoint=f"http://127.0.0.1:{server.port}/token", client_id="app"), None)
            cancel = self.api("cancel_new")
            canceller = threading.Thread(target=lambda: (asked.wait(30), self.api("cancel_now", cancel)))
            canceller.start()
            with self.fails("interrupted") as caught:
                self.api("client_request", client, self.request("client_credentials"), cancel)
            canceller.join()
            self.assertEqual(caught.exception.exit_status, 130)
            with self.fails("interrupted"):  # it cannot be taken back
                self.api("client_request", client, self.request("client_credentials"), cancel)

    def test_a_sign_in_is_cancelled_while_a_keyring_that_hangs_takes_the_tokens_which_are_kept(self):
        keyring = SecretService().start()
        self.addCleanup(keyring.end)
        hangs = threading.Event()
        token = response(b'{"access_token":"at","token_type":"Bearer","expires_in":3600,"refresh_token":"rt"}',
                         headers=[("Content-Type", "application/json")])

        def hang(connection):
            while connection.read_request():
                keyring.stop()
                connection.send(token)
                hangs.set()

        # The library looks for the bus in the environment of its process.
        with FaultServer(hang) as server, mock.patch.dict(os.environ, keyring.environment()):
            settings = self.settings(token_endpoint=server.url(), client_id="app", state_folder=self.folder / "state",
                                     store="keyring", store_timeout=60)
            sign_in = self.api("sign_in_prepare", settings, b"work", self.request("password", username="alice"), 0, None)
            cancel = self.api("cancel_new")
            canceller = threading.Thread(
                target=lambda: (hangs.wait(30), time.sleep(1), self.api("cancel_now", cancel)))
            canceller.start()
            with self.fails("interrupted") as caught:
                self.api("sign_in_request", sign_in,
                         self.request("password", [("password", "secret")], username="alice"), cancel)
            canceller.join()
            self.assertEqual(caught.exception.reason, "goes-on")
            keyring.cont()
            self.api.free()  # waits for it
            session = self.api("session_open", self.settings(state_folder=self.folder / "state"), b"work")
            got = self.api("session_token", session, -1, 0, None)
            self.assertEqual(self.api.library.oauth_token_token_access_token(got, None), b"at")


class Unkept(ApiCase):
    def test_a_token_that_could_not_be_kept_waits_for_somebody_who_takes_the_error(self):
        sessions = self.folder / "state" / "sessions"

        class Server(RotatingServer):
            def _sign_in(self):
                shutil.rmtree(sessions)
                return super()._sign_in()

        key = self.folder / "key"
        key.write_text("base64:" + "A" * 43 + "=")
        key.chmod(0o600)

        def password():
            return self.request("password", [("password", "secret")], username="alice")

        with Server() as server:
            settings = self.settings(token_endpoint=server.url(), client_id="app", state_folder=self.folder / "state",
                                     store="file", store_key_file=key)
            prepared = self.api("sign_in_prepare", settings, b"work", password(), 0, None)
            self.assertIsNone(self.api.library.oauth_token_sign_in_request(prepared, password(), None, None))
            self.assertEqual(server.passwords, 1)
        cancel = self.api("cancel_new")
        self.api("cancel_now", cancel)
        with self.fails("interrupted") as caught:
            self.api("sign_in_request", prepared, password(), cancel)
        self.assertIsNone(caught.exception.token)
        with self.fails("network") as caught:
            self.api("sign_in_request", prepared, password(), None)
        self.assertIsNotNone(caught.exception.token)
        self.assertEqual(self.api("token_access_token", caught.exception.token, None), b"at-1")
        self.api.library.oauth_token_token_free(caught.exception.token)


class Binary(unittest.TestCase):
    def test_the_library_exports_what_the_header_declares_and_nothing_else(self):
        listed = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], capture_output=True, text=True, check=True)
        exported = {line.split()[2].split("@")[0] for line in listed.stdout.splitlines() if " A " not in line}
        self.assertEqual(exported, set(declared()))

    def test_it_needs_the_c_library_only(self):
        listed = subprocess.run(["readelf", "-d", LIBRARY], capture_output=True, text=True, check=True).stdout
        needed = re.findall(r"NEEDED.*\[(.*)\]", listed)
        self.assertEqual([name for name in needed if not re.match(r"(libc|libm|ld-linux)\b", name)], [])
        self.assertIn("[liboauth_token_c.so.0]", listed)


if __name__ == "__main__":
    unittest.main()
