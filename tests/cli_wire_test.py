"""The recorded answers of tests/data/wire-cases.json through the whole program, against a server that replays them."""

import base64
import json
import pathlib
import time
import unittest
import urllib.parse

from fault_server import FaultServer, answering, response
from program import Program
from secret_service import SecretService

CASES = json.loads((pathlib.Path(__file__).parent / "data" / "wire-cases.json").read_text())
REVOCATIONS = [case for case in CASES if "token" in case["request"]["form"]]
GRANTS = [case for case in CASES if case not in REVOCATIONS]
SECRET_PARAMETERS = {"otp", "totp", "passcode", "assertion", "code"}
STANDARD_PARAMETERS = {"grant_type", "username", "password", "refresh_token", "client_id", "client_secret", "scope",
                       "resource", "client_assertion", "client_assertion_type"}


def replay(case):
    answer = case["response"]
    return answering(response(answer["body"].encode(), answer["status"], list(answer["headers"].items())))


def base64url(data):
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def assertion_for(client_id):
    """A client assertion that is fresh, whatever the recorded one was."""
    now = int(time.time())
    claims = {"iss": client_id, "sub": client_id, "aud": "https://as.example", "jti": "1", "iat": now, "exp": now + 60}
    return ".".join((base64url({"alg": "RS256"}), base64url(claims), "c2ln"))


class Invocation:
    """The command line that makes the case's request, and the request it must make."""

    def __init__(self, case, program):
        self.form = dict(case["request"]["form"])
        self.basic = None
        self.options = []
        self.input = b""
        self._client(case["request"]["headers"].get("Authorization", ""), program)
        self._parameters(program)
        self.words = self._grant(program)

    def _client(self, authorization, program):
        form = self.form
        if authorization.startswith("Basic "):
            self.basic = authorization
            client_id, _, secret = base64.b64decode(authorization[6:]).decode().partition(":")
            self.options += ["--client-id", client_id, "--basic-encoding", "raw"]
            self._secret(program, secret)
            # Two mechanisms at once are recorded as a server's complaint; the program never does that.
            for name in ("client_id", "client_secret"):
                form.pop(name, None)
        elif "client_assertion" in form:
            client_id = form.setdefault("client_id", "client")
            form["client_assertion"] = assertion_for(client_id)
            self.options += ["--client-id", client_id, "--client-assertion-file",
                             program.file("assertion", form["client_assertion"])]
        elif "client_id" in form:
            self.options += ["--client-id", form["client_id"]]
            if "client_secret" in form:
                self.options += ["--client-auth", "client_secret_post"]
                self._secret(program, form["client_secret"])

    def _secret(self, program, secret):
        self.options += ["--client-secret-file", program.file("client-secret", secret)]

    def _parameters(self, program):
        for name in ("scope", "resource"):
            if name in self.form:
                self.options += [f"--{name}", self.form[name]]
        for name, value in self.form.items():
            if name in SECRET_PARAMETERS:
                self.options += ["--param-file", f"{name}={program.file(name, value)}"]
            elif name not in STANDARD_PARAMETERS:
                self.options += ["--param", f"{name}={value}"]

    def _grant(self, program):
        grant = self.form.get("grant_type")
        if grant == "refresh_token":
            self.input = self.form["refresh_token"].encode()
            return ["refresh", "--refresh-token-stdin"]
        if grant is None or grant == "password":
            for name, value in {"grant_type": "password", "username": "alice", "password": "secret"}.items():
                self.form.setdefault(name, value)
        words = ["password"] if self.form["grant_type"] == "password" else ["request", grant]
        if "username" in self.form:
            self.options += ["--username", self.form["username"], "--password-stdin"]
            self.input = self.form["password"].encode()
        return words + ["--store", "none"]


class WireCaseTest(unittest.TestCase):
    maxDiff = None

    def run_case(self, case, *more):
        with Program() as program, FaultServer(replay(case)) as server:
            invocation = Invocation(case, program)
            shown = ["--show-refresh-token"] if "json" in more else []
            done = program.run(*invocation.words, "--token-endpoint", server.url(), *invocation.options, *more, *shown,
                               input=invocation.input)
            self.assertEqual(len(server.requests), 1, done.stderr)
            sent = server.requests[0]
            self.assertEqual(sorted(urllib.parse.parse_qsl(sent.body.decode(), keep_blank_values=True)),
                             sorted(invocation.form.items()))
            self.assertEqual(sent.header("Authorization"), [invocation.basic] if invocation.basic else [])
            self.assertEqual(sent.header("Accept"), ["application/json"])
            return done, invocation

    def check_token(self, case, done, requested_scope):
        expect = case["expect"]
        self.assertEqual(done.status, 0, done.stderr)
        answer = json.loads(done.stdout)
        fields = dict(expect["fields"])
        scope = fields.pop("scope", None) or expect.get("effective_scope") or requested_scope
        self.assertEqual(answer.get("scope"), scope)
        expires_in = fields.pop("expires_in", None)
        if expires_in is None or expires_in <= 0:
            self.assertIn(answer.get("expires_in"), (None, 0))
        else:
            self.assertAlmostEqual(answer["expires_in"], min(expires_in, 315360000), delta=5)
            self.assertRegex(answer["expires_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        if (fields.get("token_type") or "").lower() == "bearer":
            fields["token_type"] = "Bearer"
        for name, value in fields.items():
            self.assertEqual(answer.get(name), value, name)
        self.assertEqual(answer["extra"], expect["extra"])
        self.assertEqual(len(answer["warnings"]), len(expect.get("warn", [])), answer["warnings"])

    def check_error(self, case, done):
        expect = case["expect"]
        self.assertEqual(done.stdout, "")
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        error = lines[-1]
        self.assertEqual((error["class"], error["exit_status"], done.status),
                         (expect["class"], expect["exit_status"], expect["exit_status"]), error)
        self.assertEqual(error["http_status"], case["response"]["status"])
        self.assertEqual(error["sent"], "yes")
        for name in ("error", "error_description", "error_uri"):
            self.assertEqual(error.get(name), expect.get(name), name)
        if "extra" in expect:
            self.assertEqual(error["extra"], expect["extra"])
        self.assertTrue(error["message"].endswith("."), error["message"])
        if "retry_after" in expect:
            self.assertEqual(error["retry_after"], expect["retry_after"])

    def test_every_recorded_answer_gives_the_documented_outcome(self):
        self.assertEqual(len(GRANTS), 112)
        for case in GRANTS:
            with self.subTest(case["id"]):
                done, invocation = self.run_case(case, "-o", "json")
                if case["expect"]["kind"] == "token":
                    self.check_token(case, done, invocation.form.get("scope"))
                else:
                    self.check_error(case, done)

    def test_without_json_a_token_is_one_line_and_a_failure_prints_nothing(self):
        cases = [case for case in GRANTS if case["request"]["form"].get("grant_type") != "refresh_token"]
        self.assertEqual(len(cases), 103)
        for case in cases:
            with self.subTest(case["id"]):
                done, _ = self.run_case(case)
                self.assertEqual(done.status, case["expect"]["exit_status"], done.stderr)
                expected = case["expect"]["fields"]["access_token"] + "\n" if done.status == 0 else ""
                self.assertEqual(done.stdout, expected)
                self.assertRegex(done.stderr, r"^oauth-token: [A-Z]" if done.status else r"^(oauth-token: warning: .*\n)*$")
                self.assertNotRegex(done.stderr, "[\x00-\x09\x0b-\x1f\x7f\u202e]")

    def test_lenient_accepts_what_is_marked_so(self):
        cases = [case for case in GRANTS if "lenient" in case["expect"]]
        self.assertEqual(len(cases), 5)
        for case in cases:
            with self.subTest(case["id"]):
                done, _ = self.run_case(case, "-o", "json", "--lenient")
                self.assertEqual(done.status, 0, done.stderr)
                answer = json.loads(done.stdout)
                for name, value in case["expect"]["lenient"].get("fields", {}).items():
                    self.assertEqual(answer.get(name), value, name)


class RevocationTest(unittest.TestCase):
    def test_every_recorded_answer_to_a_revocation(self):
        token = response(b'{"access_token":"at","token_type":"Bearer"}', headers=[("Content-Type", "application/json")])
        self.assertEqual(len(REVOCATIONS), 3)
        with SecretService() as keyring:
            for case in REVOCATIONS:
                with self.subTest(case["id"]), Program(keyring.environment()) as program, \
                        FaultServer(answering(token)) as issuing, FaultServer(replay(case)) as revoking:
                    signed_in = program.run("password", "--token-endpoint", issuing.url(), "--revocation-endpoint",
                                            revoking.url("/revoke"), "--client-id", "a", "--username", "alice",
                                            "--password-stdin", input="secret")
                    self.assertEqual(signed_in.status, 0, signed_in.stderr)
                    done = program.run("revoke")
                    self.assertEqual(done.status, case["expect"]["exit_status"], done.stderr)
                    self.assertEqual(done.stdout, "")
                    gone = program.run("show").status == 2
                    self.assertEqual(gone, case["expect"]["kind"] == "revoked")


if __name__ == "__main__":
    unittest.main()
