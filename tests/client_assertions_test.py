"""Clients that prove themselves by an assertion of the program's own making (RFC 7523), against real authorization
servers: each method, algorithm and key format, with every grant; what was sent is verified with tools that are not
ours."""

import base64
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from authorization_servers import Glewlwyd
from independent import verifies
from real_server_case import OidcProviderCase, RealServerTest

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PASSPHRASE = "käy phrase"


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def openssl(*words, **options):
    done = subprocess.run(["openssl", *words], capture_output=True, check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return done.stdout


def number(value):
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


class Keys:
    """One key in several formats, each a file of its own."""

    def __init__(self, folder, pem):
        self.folder = pathlib.Path(folder)
        self.pem = str(pem)
        self.passphrase = self.folder / "passphrase"
        self.passphrase.write_text(PASSPHRASE, encoding="utf-8")
        self.public = self.write("public.pem", openssl("pkey", "-in", self.pem, "-pubout"))

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        path.chmod(0o600)
        return str(path)

    def options(self, form):
        """The options that sign with the key in that format."""
        secret = ["--signing-key-passphrase-file", str(self.passphrase)]
        if form == "PEM":
            return ["--signing-key", self.pem]
        if form == "PKCS#8":
            return ["--signing-key", self.write("pkcs8.pem", openssl("pkcs8", "-topk8", "-nocrypt", "-in", self.pem))]
        if form == "encrypted PEM":
            text = openssl("pkcs8", "-topk8", "-in", self.pem, "-passout", f"file:{self.passphrase}")
            return ["--signing-key", self.write("encrypted.pem", text), *secret]
        if form == "PKCS#12":
            certificate = str(self.folder / "certificate.pem")
            openssl("req", "-x509", "-new", "-key", self.pem, "-subj", "/CN=a client", "-days", "2", "-out", certificate)
            text = openssl("pkcs12", "-export", "-inkey", self.pem, "-in", certificate, "-passout",
                           f"file:{self.passphrase}")
            return ["--signing-key", self.write("key.p12", text), *secret]
        if form == "JWK":
            script = ("process.stdout.write(JSON.stringify(crypto.createPrivateKey(fs.readFileSync(process.argv[1]))"
                      ".export({format: 'jwk'})))")
            done = subprocess.run(["node", "-e", script, self.pem], capture_output=True, check=True)
            return ["--signing-key", self.write("key.jwk", done.stdout)]
        raise ValueError(form)

    def public_jwk(self):
        """For the verification by others."""
        text = openssl("pkey", "-pubin", "-in", self.public, "-noout", "-text").decode()
        numbers = {}
        name = None
        for line in text.splitlines():
            if line.endswith(":") and not line.startswith(" "):
                name = line.rstrip(":").lower()
                numbers[name] = ""
            elif line.startswith(" ") and name:
                numbers[name] += line.strip().replace(":", "")
        if "modulus" in numbers:
            return json.dumps({"kty": "RSA", "n": number(int(numbers["modulus"], 16)), "e": "AQAB"})
        if "P-" in text:
            curve = text.split("NIST CURVE: ")[1].split()[0]
            point = bytes.fromhex(numbers["pub"])[1:]
            half = len(point) // 2
            return json.dumps({"kty": "EC", "crv": curve, "x": base64.urlsafe_b64encode(point[:half]).rstrip(b"=").decode(),
                               "y": base64.urlsafe_b64encode(point[half:]).rstrip(b"=").decode()})
        return json.dumps({"kty": "OKP"})  # EdDSA is verified with the key in PEM


class AssertionTest(RealServerTest):
    def signing(self, name, form="PEM", *words):
        """The options of CLIENT_ID_`name`, which signs with KEY_`name` in the format `form`."""
        folder = tempfile.mkdtemp(prefix="oauth-token-keys.")
        self.addCleanup(shutil.rmtree, folder)
        keys = Keys(folder, self.server.values["KEY_" + name])
        return keys, ["--client-id", self.server.values["CLIENT_ID_" + name], *keys.options(form), *words]

    def every_grant(self, *words):
        """Password, renewal, questions, revocation, client credentials: all by the same authentication."""
        self.live_through_a_session(*words)
        token = self.json_of(self.program.run("client-credentials", *self.at_server(*words), "-o", "json"))
        self.assertEqual(token["token_type"], "Bearer")


class OidcProviderAssertions(AssertionTest, OidcProviderCase):
    METHODS = {  # the client's name, the algorithm, what is left to the key
        "RS256": ("RS256", ()),
        "PS256": ("PS256", ("--signing-alg", "PS256")),
        "ES256": ("ES256", ()),
        "ES384": ("ES384", ()),
        "EDDSA": ("EdDSA", ()),
    }

    def check_requests(self, client_id, header, audiences, verify):
        """Each request carried one assertion, whole as it should be; returns how many there were."""
        seen = set()
        requests = [r for r in self.server.requests() if r["method"] == "POST"]
        for request in requests:
            names = [name for name, value in request["form"]]
            form = dict(request["form"])
            self.assertNotIn("authorization", request["headers"])
            self.assertEqual(names.count("client_assertion"), 1)
            self.assertEqual((form["client_assertion_type"], form["client_id"]), (ASSERTION_TYPE, client_id))
            head, claims, signature = form["client_assertion"].split(".")
            self.assertEqual(json.loads(decoded(head)), header)
            said = json.loads(decoded(claims))
            self.assertEqual(set(said), {"iss", "sub", "aud", "iat", "exp", "jti"})
            self.assertEqual((said["iss"], said["sub"]), (client_id, client_id))
            self.assertIn(said["aud"], audiences)
            self.assertEqual(said["exp"] - said["iat"], 60)
            self.assertTrue(verify(f"{head}.{claims}", decoded(signature)))
            seen.add(said["jti"])
        self.assertEqual(len(seen), len(requests), "a jti came twice")
        return len(requests)

    def test_every_algorithm_with_every_grant(self):
        for name, (algorithm, words) in self.METHODS.items():
            with self.subTest(algorithm):
                self.server.forget_requests()
                keys, options = self.signing(name, "PEM", *words)
                self.every_grant(*options)
                count = self.check_requests(
                    f"{name.lower()}-client", {"alg": algorithm, "typ": "client-authentication+jwt"}, [self.server.issuer],
                    lambda text, signature, keys=keys: verifies(text, signature, keys.public_jwk(), keys.public))
                self.assertEqual(count, 7, "sign-in, two renewals, a question, two revocations, client credentials")

    def test_every_key_format(self):
        for form in ("PEM", "PKCS#8", "encrypted PEM", "PKCS#12", "JWK"):
            with self.subTest(form):
                self.every_grant(*self.signing("ES256", form)[1])

    def test_a_secret_that_signs(self):
        secret = self.server.values["CLIENT_SECRET_SECRET_JWT"]
        words = self.client("_SECRET_JWT", "client_secret_jwt")
        self.every_grant(*words)
        jwk = json.dumps({"kty": "oct", "k": base64.urlsafe_b64encode(secret.encode()).rstrip(b"=").decode()})
        self.assertEqual(self.check_requests(self.server.values["CLIENT_ID_SECRET_JWT"],
                                             {"alg": "HS256", "typ": "client-authentication+jwt"}, [self.server.issuer],
                                             lambda text, signature: verifies(text, signature, jwk)), 7)

    def test_one_wrong_password_is_one_request(self):
        for words in (self.signing("RS256")[1], self.client("_SECRET_JWT", "client_secret_jwt")):
            with self.subTest(words[-1]):
                self.server.forget_requests()
                done = self.password("-o", "json", *words, password="wrong")
                self.assertEqual((done.status, self.error_of(done)["class"]), (3, "credentials"))
                self.assertEqual(len(self.server.requests("/token")), 1)

    def test_a_wrong_key_or_audience_is_the_client_s_fault(self):
        _, options = self.signing("ES256")
        rs256 = self.signing("RS256")[0]
        for words in ([*options, "--assertion-audience", "https://elsewhere.example"],
                      ["--client-id", "es256-client", "--signing-key", rs256.pem],
                      [*options, "--client-id", "rs256-client"]):
            words = words if words.count("--client-id") == 1 else words[2:]
            with self.subTest(words):
                done = self.password("-o", "json", *words)
                self.assertEqual((done.status, self.error_of(done)["class"]), (6, "client-auth"), done.stderr)

    def test_the_audience_can_be_chosen(self):
        _, options = self.signing("ES256")
        for asked, said in (("issuer", self.server.issuer), ("endpoint", self.server.token_endpoint)):
            with self.subTest(asked):
                self.server.forget_requests()
                self.json_of(self.password("-o", "json", "--store", "none", *options, "--assertion-audience", asked))
                form = dict(self.server.requests("/token")[-1]["form"])
                self.assertEqual(json.loads(decoded(form["client_assertion"].split(".")[1]))["aud"], said)

    def test_another_token_endpoint_than_the_issuer_s_needs_an_audience(self):
        _, options = self.signing("ES256")
        words = [*options, "--token-endpoint", self.server.token_endpoint.replace("localhost", "127.0.0.1")]
        done = self.password("-o", "json", *words)
        self.assertEqual((done.status, self.error_of(done)["class"]), (2, "config"))
        self.assertIn("--assertion-audience", self.error_of(done)["hint"])
        self.assertEqual(self.server.requests("/token"), [])
        self.json_of(self.password("-o", "json", *words, "--assertion-audience", "issuer"))

    def test_a_session_keeps_to_its_key(self):
        _, options = self.signing("ES256", "encrypted PEM")
        self.json_of(self.password("-o", "json", *options))
        record = json.loads(self.run_ok("show", "-o", "json"))
        self.assertEqual(record["signing_key"], options[options.index("--signing-key") + 1])
        self.assertEqual(record["client_auth"], "private_key_jwt")
        other = self.program.run("refresh", "--signing-key", self.server.values["KEY_RS256"])
        self.assertEqual(other.status, 2)
        self.assertIn("signing key", other.stderr)
        for words in (["--assertion-lifetime", "30"], ["--assertion-nbf"], ["--assertion-type", "JWT"],
                      ["--assertion-audience", "endpoint"], ["--client-assertion-file", "/nonexistent"]):
            with self.subTest(words):
                other = self.program.run("refresh", *words)
                self.assertEqual(other.status, 2)
                self.assertIn(words[0], other.stderr)
        self.run_ok("refresh")

    def test_the_assertion_command(self):
        keys, options = self.signing("ES256")
        text = self.run_ok("assertion", *self.at_server(*options)).strip()
        head, claims, signature = text.split(".")
        self.assertTrue(verifies(f"{head}.{claims}", decoded(signature), keys.public_jwk()))
        self.assertEqual(json.loads(decoded(claims))["aud"], self.server.issuer)
        self.assertEqual(self.server.requests("/token"), [])
        # The server takes it as a ready-made one.
        path = self.program.file("assertion", text + "\n")
        self.json_of(self.password("-o", "json", "--client-id", "es256-client", "--client-assertion-file", path))
        again = self.password("-o", "json", "--replace", "--client-id", "es256-client", "--client-assertion-file", path)
        self.assertEqual((again.status, self.error_of(again)["class"]), (6, "client-auth"), "its jti was used")

    def test_a_dry_run_signs_and_shows_no_more_than_a_length(self):
        _, options = self.signing("ES256")
        for command in (["client-credentials"], ["password", "--username", "alice", "--no-input"]):
            with self.subTest(command):
                done = self.program.run(*command, *self.at_server(*options), "--dry-run")
                self.assertEqual((done.status, done.stdout), (0, ""), done.stderr)
                self.assertRegex(done.stderr, r"client_assertion: \([0-9]+ bytes\)")
                self.assertNotIn("client_secret", done.stderr)
        self.assertEqual(self.server.requests("/token"), [])

    def test_two_methods_at_once_are_refused(self):
        _, options = self.signing("ES256")
        secret = self.program.file("secret", "s")
        for words in (["--client-secret-file", secret], ["--client-assertion-file", secret],
                      ["--client-auth", "client_secret_post"], ["--client-auth", "none"]):
            with self.subTest(words):
                done = self.password("-o", "json", *options, *words)
                self.assertEqual(done.status, 2)
        self.assertEqual(self.server.requests("/token"), [])

    def test_passphrases_that_are_wrong_or_missing(self):
        _, options = self.signing("ES256", "encrypted PEM")
        wrong = self.program.file("wrong", "not the passphrase")
        key = options[options.index("--signing-key") + 1]
        for words, status in ((["--signing-key-passphrase-file", wrong], 2), (["--no-input"], 2)):
            with self.subTest(words):
                done = self.password("-o", "json", "--client-id", "es256-client", "--signing-key", key, *words)
                self.assertEqual((done.status, done.stdout), (status, ""))
                self.assertIn("assphrase", done.stderr)
        self.assertEqual(self.server.requests("/token"), [])
        self.json_of(self.program.run("client-credentials", "-o", "json",
                                      *self.at_server("--client-id", "es256-client", "--signing-key", key),
                                      environment={"OAUTH_TOKEN_SIGNING_KEY_PASSPHRASE": PASSPHRASE}))


class GlewlwydAssertions(AssertionTest):
    """Takes assertions that are made for the URL of the very request."""

    @classmethod
    def start_server(cls):
        return Glewlwyd(tls=True).start()

    MADE_FOR = ("--assertion-audience", "endpoint", "--scope", "scope1")

    def test_keys_and_a_secret_with_every_grant(self):
        rows = {"RS256": self.signing("RS256")[1], "ES256": self.signing("ES256")[1],
                "secret": self.client("_SECRET_JWT", "client_secret_jwt")}
        for name, words in rows.items():
            with self.subTest(name):
                self.every_grant(*words, *self.MADE_FOR)


if __name__ == "__main__":
    unittest.main()
