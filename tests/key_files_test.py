"""Keys and certificates in every form that the openssl command writes, checked by tools that are not ours."""

import base64
import hashlib
import json
import os
import pathlib
import tempfile
import unittest

from certificates import Authority, openssl
from independent import signing_input, verifies
from line_probe import LineProbe

PASSPHRASE = "correct horse äé\"'"
DATA = pathlib.Path(__file__).parent / "data"

RSA = ["RS256", "PS256", "RS384", "PS384", "RS512", "PS512"]

# What the openssl command makes it with, and what it signs with.
KINDS = {
    "rsa": (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], RSA),
    "rsa-pss": (["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"], ["PS256", "PS384", "PS512"]),
    "rsa-pss-384": (["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_pss_keygen_md:sha384",
                     "-pkeyopt", "rsa_pss_keygen_mgf1_md:sha384", "-pkeyopt", "rsa_pss_keygen_saltlen:48"], ["PS384"]),
    "p256": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], ["ES256"]),
    "p384": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], ["ES384"]),
    "p521": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"], ["ES512"]),
    "ed25519": (["-algorithm", "ED25519"], ["EdDSA", "Ed25519"]),
    "ed448": (["-algorithm", "ED448"], ["EdDSA", "Ed448"]),
}

UNLOCK = ["-aes256", "-passout", "file:{passphrase}"]

# How the openssl command writes it from plain PKCS#8: arguments, whether a passphrase is needed, for which kinds.
FORMATS = {
    "PKCS#8": (["pkcs8", "-topk8", "-nocrypt"], False, KINDS),
    "PKCS#8 in DER": (["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"], False, KINDS),
    "PKCS#1": (["rsa", "-traditional"], False, ["rsa"]),
    "SEC1": (["ec"], False, ["p256", "p384", "p521"]),
    "SEC1 with a compressed point": (["ec", "-conv_form", "compressed"], False, ["p256", "p521"]),
    "encrypted PKCS#8": (["pkcs8", "-topk8", "-passout", "file:{passphrase}"], True, KINDS),
    "encrypted PKCS#8 with scrypt": (["pkcs8", "-topk8", "-scrypt", "-passout", "file:{passphrase}"], True, ["p256"]),
    "encrypted PKCS#8 in DER": (
        ["pkcs8", "-topk8", "-outform", "DER", "-passout", "file:{passphrase}"], True, ["rsa", "ed25519"]),
    "encrypted PKCS#1": (["rsa", "-traditional", *UNLOCK], True, ["rsa"]),
    "encrypted SEC1": (["ec", *UNLOCK], True, ["p256", "p384", "p521"]),
    "PKCS#12": (["pkcs12", "-export", "-nocerts", "-passout", "file:{passphrase}", "-inkey"], True,
                [kind for kind in KINDS if not kind.startswith("rsa-pss")]),
    "PKCS#12 without a passphrase": (["pkcs12", "-export", "-nocerts", "-passout", "pass:", "-inkey"], False, ["p256"]),
}


def der(tag, content):
    """An element of DER (X.690 s8.1)."""
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8 or 1, "big")
    return bytes([tag]) + (bytes([len(content)]) if len(content) < 128 else bytes([0x80 | len(size)]) + size) + content


def elements(text):
    """(tag, content) of each; ValueError where it is no DER."""
    at = 0
    while at < len(text):
        tag, size, at = text[at], text[at + 1] if at + 1 < len(text) else 255, at + 2
        if size & 0x80:
            many = size & 0x7f
            size, at = int.from_bytes(text[at:at + many], "big"), at + many
        if tag & 0x1f == 0x1f or size > len(text) - at:
            raise ValueError("no DER")
        yield tag, text[at:at + size]
        at += size


def with_numbers(text, old, new):
    """The same DER with the numbers `new`, in order, in place of `old`, wherever it stands; an empty list: as it is."""
    out = b""
    for tag, content in elements(text):
        if tag == 2 and int.from_bytes(content, "big", signed=True) == old and new:
            number = new.pop(0)
            content = number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)
        elif tag & 0x20:
            content = with_numbers(content, old, new)
        elif tag == 4:
            try:
                content = with_numbers(content, old, new)
            except ValueError:  # no DER inside
                pass
        out += der(tag, content)
    return out


def x5t(certificate, algorithm):
    der = openssl("x509", "-in", certificate, "-outform", "DER")
    return base64.urlsafe_b64encode(hashlib.new(algorithm, der).digest()).rstrip(b"=").decode()


class KeyFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.probe = LineProbe("key_probe")
        cls.addClassCleanup(cls.probe.end)
        cls.passphrase = cls.write("passphrase", PASSPHRASE)
        cls.wrong = cls.write("wrong", "wrong")
        for kind, (arguments, _) in KINDS.items():
            openssl("genpkey", *arguments, "-out", cls.path(kind))

    @classmethod
    def path(cls, name):
        return str(cls.folder / name)

    @classmethod
    def write(cls, name, content):
        path = cls.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(0o600)
        return str(path)

    def formatted(self, kind, name):
        arguments, encrypted, _ = FORMATS[name]
        out = self.path("formatted")
        words = [word.format(passphrase=self.passphrase) for word in arguments]
        openssl(*words, *(["-in"] if words[-1] != "-inkey" else []), self.path(kind), "-out", out)
        os.chmod(out, 0o600)
        return {"location": out, **({"passphrase": self.passphrase} if encrypted else {})}

    def read(self, **request):
        return self.probe("read", **request)

    def signature(self, algorithm):
        return bytes.fromhex(self.probe("sign", algorithm=algorithm, text=signing_input(algorithm))["signature"])

    def refusal(self, **request):
        """The sentence of a refusal, without the file's name; with `hint` instead of it."""
        answer = self.read(**request)
        self.assertEqual(answer.get("class"), "config", answer)
        self.assertTrue(answer["hint"], answer)
        start = f'The file "{request["location"]}" '
        self.assertTrue(answer["message"].startswith(start), answer)
        return answer["message"][len(start):]


class SigningKeyFilesTest(KeyFiles):
    def test_every_kind_of_key_signs_with_each_of_its_algorithms_from_every_format(self):
        for kind, (_, algorithms) in KINDS.items():
            openssl("pkey", "-in", self.path(kind), "-pubout", "-out", self.path("public"))
            seen = set()
            for name, (_, encrypted, kinds) in FORMATS.items():
                if kind not in kinds:
                    continue
                with self.subTest(kind, format=name):
                    facts = self.read(**self.formatted(kind, name))
                    self.assertEqual(facts.get("algorithms"), algorithms, facts)
                    self.assertEqual((facts["asked"], facts["warnings"]), (int(encrypted), []))
                    seen.add(facts["jwk"])
                    for algorithm in algorithms:
                        signature = self.signature(algorithm)
                        for payload, own in ((b"a payload", True), (b"another", False)):
                            self.assertIs(verifies(signing_input(algorithm, payload), signature, facts["jwk"],
                                                   self.path("public")), own, algorithm)
            self.assertEqual(len(seen), 1, kind)
            self.assertEqual(json.loads(seen.pop()).get("d"), None)

    def test_a_file_that_would_keep_the_machine_busy_is_refused_at_once(self):
        rounds = 4321
        passout = ["-outform", "DER", "-passout", f"file:{self.passphrase}"]
        openssl("req", "-x509", "-new", "-key", self.path("p256"), "-subj", "/CN=app", "-out", self.path("certificate"))
        files = {  # what makes it, the number that costs, and how often it stands there
            "PBKDF2": (["pkcs8", "-topk8", "-iter", str(rounds), *passout, "-in"], rounds, 1),
            "an old scheme": (["pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-iter", str(rounds), *passout, "-in"], rounds, 1),
            "scrypt": (["pkcs8", "-topk8", "-scrypt", "-scrypt_N", "16384", *passout, "-in"], 16384, 1),
            "PKCS#12": (["pkcs12", "-export", "-iter", str(rounds), "-in", self.path("certificate"), *passout[2:], "-inkey"],
                        rounds, 3),  # the certificate's part, the key and the MAC
        }
        for name, (words, number, count) in files.items():
            openssl(*words, self.path("p256"), "-out", self.path("made"))
            made = pathlib.Path(self.path("made")).read_bytes()
            self.assertIn("jwk", self.read(location=self.write("same", with_numbers(made, number, [])),
                                           passphrase=self.passphrase))
            for place in range(count):
                for many in (10_000_001, 2**31 - 1, 2**62, -1):
                    with self.subTest(name, place=place, many=many):
                        changed = with_numbers(made, number, [number] * place + [many])
                        message = self.refusal(location=self.write("changed", changed), passphrase=self.passphrase)
                        self.assertRegex(message, "^wants its passphrase to be hashed ([0-9]{8,}|billions of) times")
        pem = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n{}-----END ENCRYPTED PRIVATE KEY-----\n"
        openssl(*files["PBKDF2"][0], self.path("p256"), "-out", self.path("made"))
        changed = with_numbers(pathlib.Path(self.path("made")).read_bytes(), rounds, [2**31 - 1])
        message = self.refusal(location=self.write("changed", pem.format(base64.encodebytes(changed).decode())))
        self.assertIn("hashed 2147483647 times", message)

    def test_the_keys_of_rfc_7515_sign_what_an_independent_tool_verifies(self):
        for name in ("RFC 7515 A.2", "RFC 7515 A.3", "RFC 7515 A.4"):
            example = json.loads((DATA / "rfc-keys.json").read_text())[name]
            location = self.write("jwk", json.dumps({**example["key"], "kid": "7"}))
            facts = self.read(location=location)
            self.assertEqual(facts["kid"], "7")
            self.assertTrue(verifies(signing_input(example["algorithm"]), self.signature(example["algorithm"]),
                                     facts["jwk"]))

    def test_a_number_of_a_signature_with_leading_zeros_keeps_its_length(self):
        public = self.read(location=self.path("p256"))["jwk"]
        short = [signature for signature in (self.signature("ES256") for _ in range(2000))
                 if 0 in (signature[0], signature[32])][:4]
        self.assertEqual(len(short), 4)  # one of 128 has one
        for signature in short:
            self.assertEqual(len(signature), 64)
            self.assertTrue(verifies(signing_input("ES256"), signature, public))

    def test_text_around_a_key_and_other_line_ends_do_no_harm(self):
        text = pathlib.Path(self.path("p256")).read_text()
        expected = self.read(location=self.path("p256"))["thumbprint"]
        first, *body, last = text.splitlines()
        parameters = openssl("ecparam", "-name", "prime256v1").decode()
        for name, content in {
            "parameters before it": parameters + text, "text around it": f"Bag Attributes\n  key: x\n{text}\nmore",
            "CR LF": text.replace("\n", "\r\n"), "spaces at line ends": text.replace("\n", " \n"),
            "no newline at the end": text.rstrip("\n"), "one long line": "\n".join([first, "".join(body), last]),
        }.items():
            with self.subTest(name):
                self.assertEqual(self.read(location=self.write("around", content)).get("thumbprint"), expected)

    def test_a_key_from_a_pipe_is_read(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        self.probe.begin("read", location=fifo)
        with open(fifo, "wb") as writer:
            writer.write(pathlib.Path(self.path("p256")).read_bytes())
        self.assertEqual(self.probe.answer()["algorithms"], ["ES256"])

    def test_passphrases_are_asked_for_once_and_what_goes_wrong_is_told_apart(self):
        for name, kind in (("encrypted PKCS#8", "rsa"), ("encrypted PKCS#8 in DER", "rsa"), ("encrypted PKCS#1", "rsa"),
                           ("encrypted SEC1", "p256"), ("PKCS#12", "p256")):
            with self.subTest(name):
                location = self.formatted(kind, name)["location"]
                self.assertEqual(self.refusal(location=location), "is locked, and no passphrase or PIN was given.")
                for passphrase in (self.wrong, self.write("empty", "")):
                    self.assertEqual(self.refusal(location=location, passphrase=passphrase),
                                     "is encrypted with another passphrase.")
                answer = self.read(location=location, passphrase="interrupted")
                self.assertEqual((answer["class"], answer["message"]), ("interrupted", "Nobody answered."))
                answer = self.read(location=location, passphrase=self.path("absent"))
                self.assertEqual(answer["class"], "config")
                self.assertIn("does not exist", answer["message"])

    def test_a_file_in_an_old_encryption_says_how_to_mend_it(self):
        authority = Authority(self.path("old"))
        certificate, key = authority.certificate("client")
        out = self.path("old.p12")
        openssl("pkcs12", "-export", "-legacy", "-passout", f"file:{self.passphrase}", "-inkey", key, "-in", certificate,
                "-out", out)
        answer = self.read(location=out, passphrase=self.passphrase)
        self.assertEqual(answer["message"], f'The file "{out}" is encrypted in an old way (RC2 or the like) that this '
                                            "OpenSSL no longer reads.")
        self.assertIn("openssl pkcs12 -legacy -in FILE", answer["hint"])
        self.assertEqual(self.refusal(location=out, passphrase=self.wrong), "is encrypted with another passphrase.")

    def test_what_cannot_sign_is_refused_with_what_it_is(self):
        def made(*arguments, name="made"):
            openssl(*arguments, "-out", self.path(name))
            return self.path(name)

        certificate, key = Authority(self.path("refused")).certificate("client")
        plain = pathlib.Path(self.path("p256")).read_bytes()
        dsa = made("genpkey", "-genparam", "-algorithm", "DSA", "-pkeyopt", "dsa_paramgen_bits:2048", name="dsa-parameters")
        rows = {
            "holds a public key only.": lambda: made("pkey", "-in", self.path("p256"), "-pubout"),
            "holds a certificate only.": lambda: certificate,
            "holds no private key.": lambda: made("ecparam", "-name", "prime256v1"),
            "holds 2 private keys.": lambda: self.write("two", plain + pathlib.Path(key).read_bytes()),
            "holds an RSA key of 1024 bits, too short to be safe (RFC 7518 s3.3).":
                lambda: made("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"),
            "holds a key of the type DSA, which no JWT is signed with.": lambda: made("genpkey", "-paramfile", dsa),
            "holds a key of the type X25519, which no JWT is signed with.": lambda: made("genpkey", "-algorithm", "X25519"),
            "holds an EC key on the curve secp256k1, which no JWT is signed with.":
                lambda: made("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"),
            "holds a private key that is damaged or of an unknown type.":
                lambda: self.write("cut", b"-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n"),
            "is neither PEM, PKCS#12 nor a JSON Web Key.": lambda: self.write("text", "hello"),
            "holds more than 64 KiB: that is no key.": lambda: self.write("long", "x" * 70000),
            "is empty.": lambda: self.write("nothing", ""),
            "does not exist.": lambda: self.path("absent"),
            "is a folder.": lambda: str(self.folder),
        }
        for sentence, make in rows.items():
            with self.subTest(sentence):
                self.assertEqual(self.refusal(location=make()), sentence)

    def test_a_key_that_others_can_read_gets_a_warning(self):
        location = self.formatted("p256", "PKCS#8")["location"]
        jwk = self.write("readable.jwk", json.dumps(
            json.loads((DATA / "rfc-keys.json").read_text())["RFC 8037 A"]["key"]))
        for path in (location, jwk):
            for mode, warned in ((0o600, False), (0o400, False), (0o640, True), (0o604, True), (0o644, True)):
                with self.subTest(oct(mode)):
                    os.chmod(path, mode)
                    self.assertEqual(self.read(location=path)["warnings"],
                                     [f'The private key in "{path}" can be read by other users: chmod 600 mends that.']
                                     if warned else [])

    def test_the_certificate_beside_a_key_is_named_only_if_it_is_the_keys_own(self):
        authority = Authority(self.path("beside"))
        certificate, key = authority.certificate("client")
        other, _ = authority.certificate("other")
        own = {"x5t": x5t(certificate, "sha1"), "x5t#S256": x5t(certificate, "sha256")}
        none = {"x5t": "", "x5t#S256": ""}

        def together(*files):
            return self.write("together", b"".join(pathlib.Path(file).read_bytes() for file in files))

        p12 = self.path("beside.p12")
        openssl("pkcs12", "-export", "-passout", f"file:{self.passphrase}", "-inkey", key, "-in", certificate, "-certfile",
                authority.file, "-out", p12)
        for files, expected in (((key,), none), ((key, certificate), own), ((certificate, key), own),
                                ((authority.file, certificate, key), own), ((other, key), none)):
            with self.subTest(files=files):
                facts = self.read(location=together(*files))
                self.assertEqual({name: facts[name] for name in own}, expected)
        facts = self.read(location=p12, passphrase=self.passphrase)
        self.assertEqual({name: facts[name] for name in own}, own)
        self.assertEqual(facts["asked"], 1)


class ClientCertificateTest(KeyFiles):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = Authority(cls.path("authority"))
        cls.certificate, cls.key = cls.authority.certificate("client")
        cls.other, cls.other_key = cls.authority.certificate("other")

    def together(self, name, *files):
        return self.write(name, b"".join(pathlib.Path(file).read_bytes() for file in files))

    def read_certificate(self, certificate, key="", **more):
        return self.probe("certificate", certificate=certificate, key=key, **more)

    def test_a_certificate_is_read_with_its_key_from_pem_and_pkcs12(self):
        expected = {"subject": "CN=client", "valid_until": 4102444799, "x5t#S256": x5t(self.certificate, "sha256"),
                    "warnings": [], "asked": 0}
        locked = {"certificate": self.path("client.p12"), "passphrase": self.passphrase}
        openssl("pkcs12", "-export", "-passout", f"file:{self.passphrase}", "-inkey", self.key, "-in", self.certificate,
                "-certfile", self.authority.file, "-out", locked["certificate"])
        openssl("pkcs8", "-topk8", "-in", self.key, "-passout", f"file:{self.passphrase}", "-out", self.path("locked.key"))
        os.chmod(locked["certificate"], 0o600)
        os.chmod(self.key, 0o600)
        for name, request, asked in (
                ("two files", {"certificate": self.certificate, "key": self.key}, 0),
                ("one file", {"certificate": self.together("one", self.key, self.certificate)}, 0),
                ("a chain", {"certificate": self.together("chain", self.certificate, self.authority.file),
                             "key": self.key}, 0),
                ("PKCS#12", locked, 1),
                ("an encrypted key", {"certificate": self.certificate, "key": self.path("locked.key"),
                                      "passphrase": self.passphrase}, 1)):
            with self.subTest(name):
                self.assertEqual(self.read_certificate(**request), {**expected, "asked": asked})

    def test_a_name_is_shown_fit_for_a_terminal(self):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-utf8", "-subj",
                "/O=Ünited/CN=Zoë \u202e\x1b[2J,x", "-keyout", self.path("name.key"), "-out", self.path("name.pem"))
        self.assertEqual(self.read_certificate(self.path("name.pem"), self.path("name.key"))["subject"],
                         r"CN=Zoë \u{202e}\1B[2J\,x,O=Ünited")

    def test_a_readable_key_gets_a_warning_and_a_readable_certificate_none(self):
        key = self.together("readable", self.key)
        os.chmod(key, 0o644)
        os.chmod(self.certificate, 0o644)
        warning = [f'The private key in "{key}" can be read by other users: chmod 600 mends that.']
        self.assertEqual(self.read_certificate(self.certificate, key)["warnings"], warning)

    def test_what_is_no_usable_pair_is_refused_with_the_reason(self):
        ended, ended_key = self.authority.certificate("ended", end="20200601000000Z")
        later, later_key = self.authority.certificate("later", start="20980101000000Z")
        weak, weak_key = self.authority.certificate("weak", key="weak")
        both = self.together("mixed", self.certificate, self.other_key)
        damaged = self.write("damaged", "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n")
        rows = [
            (self.key, "", f'The file "{self.key}" holds no certificate.'),
            (self.certificate, "", f'The file "{self.certificate}" holds a certificate, but not its private key.'),
            (self.certificate, self.other_key, f'The file "{self.certificate}" holds no certificate of the private key '
                                               f'that the file "{self.other_key}" holds.'),
            (both, "", f'The file "{both}" holds no certificate of its private key.'),
            (self.certificate, self.other, f'The file "{self.other}" holds a certificate only.'),
            (ended, ended_key, f'The file "{ended}" holds a certificate that ended at 2020-06-01 00:00:00 UTC.'),
            (later, later_key, f'The file "{later}" holds a certificate that begins only at 2098-01-01 00:00:00 UTC.'),
            (weak, weak_key, f'The file "{weak_key}" holds an RSA key of 1024 bits, too short to be safe (RFC 7518 s3.3).'),
            (damaged, self.key, f'The file "{damaged}" holds a damaged certificate.'),
            (self.path("absent"), self.key, f'The file "{self.path("absent")}" does not exist.'),
            (self.certificate, self.path("absent"), f'The file "{self.path("absent")}" does not exist.'),
        ]
        for certificate, key, message in rows:
            with self.subTest(message):
                answer = self.read_certificate(certificate, key)
                self.assertEqual((answer.get("class"), answer.get("message")), ("config", message))
                self.assertTrue(answer["hint"])


if __name__ == "__main__":
    unittest.main()
