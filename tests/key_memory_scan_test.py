"""Reading a key leaves nothing of its text and of its passphrase, whatever comes of it. OpenSSL's own object of the key,
which holds its numbers, lives on and is not looked for."""

import base64
import json
import os
import pathlib
import tempfile
import unittest

import memory_scan
from certificates import Authority, openssl
from line_probe import LineProbe

KINDS = {"rsa": ["RSA", "-pkeyopt", "rsa_keygen_bits:3072"], "p521": ["EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
         "ed25519": ["ED25519"]}


def base64url(number):
    return base64.urlsafe_b64encode(number).rstrip(b"=").decode()


def private_part(kind, pem):
    """The base64 of a PEM block without the parts that are about the public key."""
    lines = pem.strip().split(b"\n")[1:-1]
    text = b"\n".join(lines)
    begin, end = {"rsa": (0.4, 1), "p521": (0.15, 0.4), "ed25519": (0.4, 1)}[kind]
    return text[int(len(text) * begin):int(len(text) * end)]


class KeyMemoryScanTest(unittest.TestCase):
    def setUp(self):
        memory_scan.require_root()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.secret = memory_scan.canary()
        (self.folder / "passphrase").write_bytes(self.secret)
        self.wanted = {"the passphrase": self.secret}
        self.probe = LineProbe("key_probe")
        self.addCleanup(self.probe.end)

    def path(self, name):
        return str(self.folder / name)

    def key(self, kind, *form):
        """A new key in `form`, arguments of the openssl command."""
        openssl("genpkey", "-algorithm", *KINDS[kind], "-out", self.path(kind))
        if form:
            openssl(*form, self.path(kind), "-out", self.path(kind + ".key"))
        return self.path(kind + (".key" if form else ""))

    def look_for_text_of(self, kind, location):
        text = private_part(kind, pathlib.Path(location).read_bytes())
        self.wanted = {"the key": text, "the key in one line": text.replace(b"\n", b"")}

    def assert_nothing_left(self, expected, *, verb="read", **request):
        answer = self.probe(verb, **request)
        self.assertEqual(answer.get("class", "read"), expected, answer)
        self.assertEqual(memory_scan.scan(self.probe.pid, self.wanted), [], (request, answer))

    def test_the_text_of_a_plain_key_is_gone_once_it_is_read(self):
        for kind, form in (("rsa", ()), ("rsa", ("rsa", "-traditional", "-in")), ("p521", ()), ("p521", ("ec", "-in")),
                           ("ed25519", ())):
            with self.subTest(kind, form=form):
                location = self.key(kind, *form)
                self.look_for_text_of(kind, location)
                self.assert_nothing_left("read", location=location)
                self.probe("drop")
                self.assertEqual(memory_scan.scan(self.probe.pid, self.wanted), [])

    def test_the_text_of_a_damaged_key_is_gone_too(self):
        for kind in KINDS:
            location = self.key(kind)
            text = pathlib.Path(location).read_text().replace("-----BEGIN PRIVATE KEY-----\nM",
                                                              "-----BEGIN PRIVATE KEY-----\nN")
            pathlib.Path(location).write_text(text)
            self.look_for_text_of(kind, location)
            self.assert_nothing_left("config", location=location)

    def test_the_text_of_a_json_web_key_is_gone_once_it_is_read(self):
        numbers = {name: os.urandom(32) for name in "xyd"}
        broken = {"kty": "EC", "crv": "P-256", **{name: base64url(number) for name, number in numbers.items()}}
        example = pathlib.Path(__file__).parent / "data" / "rfc-keys.json"
        for expected, jwk in (("config", broken),
                              *(("read", json.loads(example.read_text())[f"RFC 7515 A.{n}"]["key"]) for n in (2, 3, 4))):
            with self.subTest(expected, kty=jwk["kty"]):
                location = self.path("jwk")
                pathlib.Path(location).write_text(json.dumps(jwk, indent=2))
                self.wanted = {name: jwk[name].encode() for name in ("d", "p", "q", "dp", "dq", "qi") if name in jwk}
                self.assert_nothing_left(expected, location=location)

    def test_a_passphrase_is_gone_once_it_was_used(self):
        (self.folder / "wrong").write_bytes(b"wrong")
        locked = ("-passout", f"file:{self.path('passphrase')}")
        for kind, form in (("rsa", ("pkcs8", "-topk8", *locked, "-in")), ("p521", ("pkcs8", "-topk8", "-scrypt", *locked, "-in")),
                           ("rsa", ("rsa", "-traditional", "-aes256", *locked, "-in")), ("p521", ("ec", "-aes256", *locked, "-in")),
                           ("rsa", ("pkcs12", "-export", "-nocerts", *locked, "-inkey"))):
            with self.subTest(kind, form=form):
                location = self.key(kind, *form)
                self.assert_nothing_left("read", location=location, passphrase=self.path("passphrase"))
                pathlib.Path(location).write_bytes(pathlib.Path(self.key(kind, form[0], *(
                    f"file:{self.path('wrong')}" if word == locked[1] else word for word in form[1:]))).read_bytes())
                self.assert_nothing_left("config", location=location, passphrase=self.path("passphrase"))

    def test_a_client_certificate_leaves_nothing_either(self):
        certificate, key = Authority(self.path("authority")).certificate("client")
        bundle = self.path("client.p12")
        openssl("pkcs12", "-export", "-passout", f"file:{self.path('passphrase')}", "-inkey", key, "-in", certificate,
                "-out", bundle)
        self.assert_nothing_left("read", verb="certificate", certificate=bundle, passphrase=self.path("passphrase"))

    def test_the_scan_finds_what_was_left(self):
        location = self.key("rsa")
        self.look_for_text_of("rsa", location)
        text = self.wanted["the key in one line"].decode()
        self.probe("read", location=location)
        self.probe("sign", algorithm="", text=text)
        self.assertNotEqual(memory_scan.scan(self.probe.pid, self.wanted), [])


if __name__ == "__main__":
    unittest.main()
