"""Keys that stay in a PKCS#11 token: SoftHSM, through OpenSSL's engine."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from certificates import openssl
from independent import signing_input, verifies
from line_probe import LineProbe

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib/pkcs11/libsofthsm2.so")
PIN, THEIR_PIN = "314159", "161803"
KEYS = {
    "rsa": (["RSA", "rsa_keygen_bits:2048"], ["RS256", "PS256", "RS384", "PS384", "RS512", "PS512"]),
    "p256": (["EC", "ec_paramgen_curve:P-256"], ["ES256"]),
    "p384": (["EC", "ec_paramgen_curve:P-384"], ["ES384"]),
}


def run(*words, environment):
    done = subprocess.run(words, env=environment, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{words}: {done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout


class TokenKeysTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        module = next((path for path in MODULES if os.path.exists(path)), None)
        if not module or not shutil.which("softhsm2-util"):
            raise FileNotFoundError("needs softhsm2, which is not installed")
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        (cls.folder / "tokens").mkdir()
        (cls.folder / "softhsm2.conf").write_text(f"directories.tokendir = {cls.folder}/tokens\nlog.level = ERROR\n")
        cls.pin, cls.wrong = cls.folder / "pin", cls.folder / "wrong"
        cls.pin.write_text(PIN)
        cls.wrong.write_text("999999")
        cls.environment = {"PATH": os.environ["PATH"], "SOFTHSM2_CONF": str(cls.folder / "softhsm2.conf"),
                           "PKCS11_MODULE_PATH": module}
        run("softhsm2-util", "--init-token", "--free", "--label", "ours", "--pin", PIN, "--so-pin", "2718281",
            environment=cls.environment)
        cls.module = module
        run("softhsm2-util", "--init-token", "--free", "--label", "second", "--pin", THEIR_PIN, "--so-pin", "2718281",
            environment=cls.environment)
        cls.tool("second", THEIR_PIN, "--keypairgen", "--key-type", "EC:prime256v1", "--label", "p256")
        cls.tool("ours", PIN, "--keypairgen", "--key-type", "EC:prime256v1", "--label", "careful", "--always-auth")
        for name, ((algorithm, option), _) in KEYS.items():
            openssl("genpkey", "-algorithm", algorithm, "-pkeyopt", option, "-out", str(cls.folder / name))
            os.chmod(cls.folder / name, 0o600)
            run("softhsm2-util", "--import", str(cls.folder / name), "--token", "ours", "--label", name, "--id",
                name.encode().hex(), "--pin", PIN, environment=cls.environment)

    @classmethod
    def tool(cls, token, pin, *words):
        if not shutil.which("pkcs11-tool"):
            raise FileNotFoundError("needs opensc, which is not installed")
        return run("pkcs11-tool", "--module", cls.module, "--token-label", token, "--login", "--pin", pin, *words,
                   environment=cls.environment)

    def slots(self):
        """What the tokens say of themselves, a wrong try among it, without logging in."""
        return run("pkcs11-tool", "--module", self.module, "--list-slots", environment=self.environment).decode()

    def probe(self, **environment):
        return LineProbe("key_probe", {**self.environment, **environment})

    def uri(self, name):
        return f"pkcs11:token=ours;object={name}"

    def test_keys_in_a_token_sign_with_each_of_their_algorithms(self):
        for name, (_, algorithms) in KEYS.items():
            with self.subTest(name), self.probe() as probe:
                facts = probe("read", location=self.uri(name), passphrase=str(self.pin))
                self.assertEqual((facts.get("algorithms"), facts.get("asked"), facts.get("can_be_kept")),
                                 (algorithms, 1, False), facts)
                with self.probe() as other:
                    self.assertEqual(facts["jwk"], other("read", location=str(self.folder / name))["jwk"])
                for algorithm in algorithms:
                    text = signing_input(algorithm)
                    for _ in range(2):
                        signature = bytes.fromhex(probe("sign", algorithm=algorithm, text=text)["signature"])
                        self.assertTrue(verifies(text, signature, facts["jwk"]), algorithm)
                    self.assertFalse(verifies(text + "AAAA", signature, facts["jwk"]), algorithm)
                self.assertEqual(probe.end(), "")

    def test_each_of_two_tokens_gets_its_own_pin_and_never_the_other_s(self):
        theirs = self.folder / "theirs"
        theirs.write_text(THEIR_PIN)
        second = "pkcs11:token=second;object=p256"
        with self.probe() as probe:
            for location, pin in ((self.uri("p256"), self.pin), (second, theirs), (self.uri("p384"), self.pin)):
                facts = probe("read", location=location, passphrase=str(pin))
                self.assertEqual((facts.get("asked"), facts.get("can_be_kept")), (1, False), facts)
                self.assertIn("signature", probe("sign", algorithm=facts["algorithms"][0], text="text"))
            self.assertNotIn("PIN count low", self.slots())
        with self.probe() as probe:
            probe("read", location=self.uri("p256"), passphrase=str(self.pin))
            answer = probe("read", location=second)
            self.assertEqual(answer.get("message"), f'The key "{second}" is locked, and no passphrase or PIN was given.')
        self.assertNotIn("PIN count low", self.slots())
        with self.probe() as probe:
            probe("read", location=second, passphrase=str(self.pin))
            self.assertIn("PIN count low", self.slots())
            probe("read", location=second, passphrase=str(theirs))

    def test_a_key_that_wants_its_pin_for_each_signature_is_refused_when_it_is_read(self):
        with self.probe() as probe:
            answer = probe("read", location=self.uri("careful"), passphrase=str(self.pin))
            self.assertEqual((answer.get("class"), answer.get("message")),
                             ("config", f'The key "{self.uri("careful")}" wants its PIN anew for each signature, which '
                                        "nobody could answer later."), answer)
            self.assertEqual(probe.end(), "")

    def test_a_certificate_may_have_its_key_in_a_token(self):
        environment = {**os.environ, **self.environment}
        certificate = str(self.folder / "certificate.pem")
        run("openssl", "req", "-engine", "pkcs11", "-keyform", "engine", "-key", f"{self.uri('p256')};pin-value={PIN}",
            "-new", "-x509", "-subj", "/CN=in a token", "-out", certificate, environment=environment)
        with self.probe() as probe:
            answer = probe("certificate", certificate=certificate, key=self.uri("p256"), passphrase=str(self.pin))
            self.assertEqual(answer.get("subject"), "CN=in a token", answer)
            answer = probe("certificate", certificate=certificate, key=self.uri("p384"), passphrase=str(self.pin))
            self.assertEqual(answer.get("message"), f'The file "{certificate}" holds no certificate of the private key that '
                                                    f'the key "{self.uri("p384")}" holds.')

    def test_what_goes_wrong_with_a_token_is_told_apart(self):
        known, absent = self.uri("p256"), self.uri("absent")
        wrong = "cannot be used: the PIN is wrong, or the token has no such private key."
        rows = [
            (known, {}, "is locked, and no passphrase or PIN was given."),
            (known, {"passphrase": str(self.wrong)}, wrong),
            (absent, {"passphrase": str(self.pin)}, wrong),
            ("pkcs11:token=theirs;object=p256", {"passphrase": str(self.pin)}, "was not found in any token."),
            ("pkcs11:object=p256", {"passphrase": str(self.pin)}, "was not found, or there is more than one token."),
        ]
        for location, request, sentence in rows:
            with self.subTest(location, **request), self.probe() as probe:
                answer = probe("read", location=location, **request)
                self.assertEqual((answer.get("class"), answer.get("message")),
                                 ("config", f'The key "{location}" {sentence}'), answer)
                self.assertTrue(answer["hint"])
                self.assertEqual(probe.end(), "")
        with self.probe() as probe:
            answer = probe("read", location=known, passphrase="interrupted")
            self.assertEqual((answer.get("class"), answer.get("message")), ("interrupted", "Nobody answered."))

    def test_attributes_that_load_code_or_carry_a_pin_are_refused(self):
        for attribute in ("module-path=/tmp/evil.so", "module-name=evil", "pin-value=314159", "pin-source=file:/etc/pin"):
            for uri in (f"{self.uri('p256')}?{attribute}", f"{self.uri('p256')};{attribute}", f"pkcs11:{attribute}",
                        f"{self.uri('p256')}?x=y&{attribute}"):
                with self.subTest(uri), self.probe() as probe:
                    answer = probe("read", location=uri, passphrase=str(self.pin))
                    self.assertEqual(answer.get("class"), "config", answer)
                    name = attribute.split("=")[0]
                    self.assertIn(f'has the attribute "{name}", which would ', answer["message"])
                    self.assertNotIn("314159", str(answer))
        for attribute, sentence in (("pim=314159", 'the unknown attribute "pim".'),
                                    ("314159", "an attribute without a name that RFC 7512 knows."),
                                    ("pin%2Dvalue=314159", "an attribute without a name that RFC 7512 knows."),
                                    ("object=k,PIN-VALUE=314159", 'the attribute "pin-value", which would show the PIN to '
                                                                  "every user of this machine.")):
            with self.subTest(attribute), self.probe() as probe:
                answer = probe("read", location=f"PKCS11:token=ours;{attribute}", passphrase=str(self.pin))
                self.assertEqual((answer.get("class"), answer.get("message")),
                                 ("config", f"The key's PKCS#11 URI has {sentence}"), answer)

    def test_without_an_engine_the_sentence_says_what_to_install(self):
        with self.probe(OPENSSL_ENGINES=str(self.folder)) as probe:
            answer = probe("read", location=self.uri("p256"), passphrase=str(self.pin))
        self.assertEqual(answer.get("message"), f'The key "{self.uri("p256")}" is in a token, and OpenSSL has neither a '
                                                "provider nor an engine for PKCS#11.")

    def test_a_key_whose_token_is_gone_says_so(self):
        with self.probe() as probe:
            probe("read", location=self.uri("p256"), passphrase=str(self.pin))
            tokens, aside = self.folder / "tokens", self.folder / "aside"
            tokens.rename(aside)
            try:
                answer = probe("sign", algorithm="ES256", text="text")
            finally:
                aside.rename(tokens)
        self.assertEqual(answer.get("message"),
                         f'The key "{self.uri("p256")}" did not sign: its token is gone or does not do that.', answer)


if __name__ == "__main__":
    unittest.main()
