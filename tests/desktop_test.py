"""The examples with windows: built against the installed library, and used by a person on a screen that nobody sees."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

from support.authorization_servers import OidcProvider
from support.display import Display
from support.rotating_server import RotatingServer
from support.secret_service import SecretService

PROJECT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ["OAUTH_TOKEN_BUILD"])
# Where screenshots go, for who wants to see them; ImageMagick takes them.
SCREENSHOTS = os.environ.get("OAUTH_TOKEN_SCREENSHOTS")
PASSWORD = "pa$$w+rd &=%20"
WRONG = {"error": "invalid_grant", "error_description": "Wrong password; two more and the account is locked."}


class Server(RotatingServer):
    """Says its endpoints, knows one password, takes tokens back, and takes its time when it is told to: `delay` seconds for
    a password.
    """

    def __init__(self):
        self.forms = []
        self.revoked_tokens = []
        self.delay = 0
        self.answering = threading.Event()  # between a password and its answer
        super().__init__(lifetime=8)

    def _behave(self, connection):
        while request := connection.read_request():
            form = self.form(request)
            self.forms.append(form)
            if request.target == "/.well-known/openid-configuration":
                connection.send(self.json({
                    "issuer": self.url(""), "token_endpoint": self.url(), "revocation_endpoint": self.url("/revoke"),
                }))
            elif request.target == "/revoke":
                self.revoked_tokens.append((form["token_type_hint"], form["token"]))
                connection.send(self.json({}))
            elif form["grant_type"] == "refresh_token":
                connection.send(self._answer(request, form["refresh_token"])[0])
            else:
                self.answering.set()
                time.sleep(self.delay)
                self.answering.clear()
                connection.send(self._sign_in() if form["password"] == PASSWORD else self.json(WRONG, 400))

    def passwords_sent(self):
        return [form["password"] for form in self.forms if form.get("grant_type") == "password"]


class InAWindow:
    """What holds for both; `NAME` is the example's."""

    NAME = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="oauth-token-desktop."))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        prefix = cls.folder / "prefix"
        cls.check("cmake", "--install", BUILD, "--prefix", prefix)
        # Programs in the prefix find its modules beside them.
        cls.check("cmake", "-S", PROJECT / "examples", "-B", cls.folder / "build", "-G", "Ninja", "-DDESKTOP=ON",
                  f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_RUNTIME_OUTPUT_DIRECTORY={prefix}/bin")
        cls.check("cmake", "--build", cls.folder / "build", "--target", cls.NAME)
        cls.example = prefix / "bin" / cls.NAME

    @staticmethod
    def check(*command):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=250, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{command[0]} ended with status {done.returncode}\n{done.stdout}{done.stderr}")

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        self.display = self.enter(Display())
        self.keyring = self.enter(SecretService())
        self.server = self.enter(Server())
        self.process = None
        self.addCleanup(self.quit)

    def enter(self, manager):
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def start(self, *words):
        """At our own server."""
        self.run_example(self.server.url(""), "app", *words)

    def run_example(self, *words, **environment):
        self.process = subprocess.Popen(
            [self.example, *words],
            env={"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8", "TZ": "UTC",
                 "GDK_BACKEND": "x11", "GSK_RENDERER": "cairo", "GTK_A11Y": "none", "QT_QPA_PLATFORM": "xcb",
                 **self.keyring.environment(), **self.display.environment(), **environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.window = self.display.window(self.process)

    def quit(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def see(self, stage):
        if SCREENSHOTS:
            time.sleep(0.3)  # until it is painted
            self.window.screenshot(f"{SCREENSHOTS}/{self.NAME}-{stage}.png")

    def items(self):
        """What the keyring has of ours."""
        found = subprocess.run(["secret-tool", "search", "--all", "xdg:schema", "oauth-token.Secret"], text=True, timeout=20,
                               capture_output=True, env={"PATH": os.environ["PATH"], **self.keyring.environment()},
                               check=False)
        return re.findall(r"^\[.*\]$", found.stdout, re.M)

    def test_from_the_first_sign_in_to_the_sign_out(self):
        self.start()
        self.assertEqual(self.window.wait_for_title("Sign in at"), f"Sign in at {self.server.url('')}.")
        self.see("1-sign-in")

        self.window.type("alice\twrong")
        self.window.press("Return")
        refused = self.window.wait_for_title("Attempt 2 of 3")
        self.assertIn("The server says: " + WRONG["error_description"], refused)
        self.assertEqual(self.server.passwords_sent(), ["wrong"])
        self.see("2-refused")

        self.server.delay = 5
        self.window.type(PASSWORD)  # the user name stands there still
        self.window.press("Return")
        for second in (1, 2, 3):  # its clock goes on
            self.window.wait_for_title(f"^Signing in, [{second}-9] s$")
            self.assertTrue(self.server.answering.is_set())
            if second == 2:
                self.see("3-waiting")

        first = self.window.wait_for_title(r"Signed in as alice\. The token is valid until \d\d:\d\d:\d\d\.$")
        self.assertEqual(self.server.passwords_sent(), ["wrong", PASSWORD])
        self.assertEqual(len(self.items()), 1)
        self.see("4-signed-in")

        self.window.wait_for_title(rf"Signed in as alice\. (?!{re.escape(first[20:])})")
        self.assertGreaterEqual(self.server.refreshes, 1)
        self.assertEqual(self.server.reuses, 0)

        self.quit()
        self.start()  # it knows who was here
        self.window.wait_for_title("Signed in as alice")
        self.assertEqual(self.server.passwords, 1)

        self.window.press("alt+o")
        self.window.wait_for_title("Sign in at")
        refresh_token, access_token = (f"{kind}-{self.server.issued}" for kind in ("rt", "at"))
        self.assertEqual(self.server.revoked_tokens,
                         [("refresh_token", refresh_token), ("access_token", access_token)])
        self.assertEqual(self.items(), [])
        self.assertEqual(list(self.home.rglob("sessions/*.json")), [])
        self.see("5-signed-out")

    def test_at_a_real_server_that_says_its_endpoints_itself(self):
        server = self.enter(OidcProvider())
        self.run_example(server.issuer, server.client_id_public, SSL_CERT_FILE=str(server.ca_file))
        self.window.wait_for_title(f"^Sign in at {re.escape(server.issuer)}")
        self.window.type(f"{server.username}\twrong")
        self.window.press("Return")
        self.window.wait_for_title("The server says: grant request is invalid. Attempt 2 of 3")
        self.window.type(server.password)
        self.window.press("Return")
        self.window.wait_for_title(f"Signed in as {re.escape(server.username)}")
        self.assertEqual(len(self.items()), 1)
        self.window.press("alt+o")
        self.window.wait_for_title("^Sign in at")
        self.assertEqual(self.items(), [])
        self.assertTrue(server.requests("/token/revocation"))

    def test_waiting_ends_with_a_click_and_the_person_may_try_again(self):
        self.start("totp")
        self.window.wait_for_title("Sign in at")
        self.server.delay = 30
        self.window.type(f"alice\t{PASSWORD}\t123456")
        self.see("6-with-a-code")
        self.window.press("Return")
        self.assertTrue(self.server.answering.wait(20))
        clicked = time.monotonic()
        self.window.press("alt+c")
        self.window.wait_for_title(r"^Cancelled\.$", seconds=4)
        self.assertTrue(self.server.answering.is_set())
        self.assertLess(time.monotonic() - clicked, 4)
        self.see("7-cancelled")
        self.server.delay = 0
        self.window.press("alt+t")
        self.window.wait_for_title("Sign in at")
        self.window.type(f"alice\t{PASSWORD}\t654321")
        self.window.press("Return")
        self.window.wait_for_title("Signed in as alice")
        self.assertEqual([form["totp"] for form in self.server.forms if "totp" in form], ["123456", "654321"])

    def test_a_server_that_cannot_be_reached_is_said_and_may_be_tried_again(self):
        self.server.refuse()
        self.start()
        self.window.wait_for_title("refused")
        self.see("8-no-server")
        self.server.accept_again()
        self.window.press("alt+t")
        self.window.wait_for_title("Sign in at")
        self.window.type(f"alice\t{PASSWORD}")
        self.window.press("Return")
        self.window.wait_for_title("Signed in as alice")


class Gtk4(InAWindow, unittest.TestCase):
    NAME = "gtk4"


class Qt6(InAWindow, unittest.TestCase):
    NAME = "qt6"


if __name__ == "__main__":
    unittest.main()
