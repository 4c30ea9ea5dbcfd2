"""Which certificates of a server the program takes, and what it says of the others. Whoever is refused gets no request."""

import json
import ssl
import subprocess
import tempfile
import unittest
import warnings

from certificates import LOCALHOST, Authority
from fault_server import FaultServer, answering, response, server_tls
from program import Program
from relays import ConnectProxy

TOKEN = response(b'{"access_token":"at","token_type":"Bearer"}', headers=[("Content-Type", "application/json")])
ANY_STRENGTH = "ALL:@SECLEVEL=0"
VERSION = ssl.TLSVersion


def careless_tls(certificate, ciphers=ANY_STRENGTH, **limits):
    """A server that offers whatever it can."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(ciphers)
    context.load_cert_chain(*certificate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for name, value in limits.items():
            setattr(context, name, value)
    return context


class CertificateCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.authority = Authority(folder.name + "/ca")
        cls.folder = folder.name
        cls.program = Program()
        cls.addClassCleanup(cls.program.close)
        cls.number = 0

    @classmethod
    def issue(cls, names=LOCALHOST, by=None, **options):
        cls.number += 1
        return (by or cls.authority).certificate(f"server-{cls.number}", names, **options)

    def ask(self, tls, *words, host=None, answer=TOKEN, environment=None):
        """One password request; what came of it and the requests that arrived. `host` is looked up by nobody: a proxy leads
        every name here."""
        with FaultServer(answering(answer), tls=tls, host="::1" if host == "[::1]" else "127.0.0.1") as server, \
                ConnectProxy(server.port) as proxy:
            done = self.program.run(
                "password", "--token-endpoint", server.url(host=host), "--client-id", "app", "--username", "alice",
                "--store", "none", "--password-stdin", "--proxy", proxy.url if host and host[0].isalpha() else "",
                *words, input="secret", environment=environment)
            return done, server.requests

    def accepted(self, tls, *words, **options):
        done, requests = self.ask(tls, "--cacert", self.authority.file, *words, **options)
        self.assertEqual((done.status, done.stdout, done.stderr, len(requests)), (0, "at\n", "", 1), done.stderr)

    def refused(self, tls, reason, *sentences, **options):
        """`sentences` are parts of message and hint."""
        done, requests = self.ask(tls, "--cacert", self.authority.file, "-o", "json", **options)
        self.assertEqual((done.status, done.stdout, requests), (9, "", []), done.stderr)
        (line,) = done.stderr.splitlines()
        error = json.loads(line)
        self.assertEqual((error["class"], error["reason"], error["sent"]), ("tls", reason, "no"))
        for sentence in sentences:
            self.assertIn(sentence, error["message"] + " " + error["hint"])
        self.assertNotRegex(error["message"] + error["hint"], "[\\x00-\\x1f\\x7f]")


class NameTest(CertificateCase):
    """RFC 9525: names are in subjectAltName, a wildcard is the whole first label and stands for one."""

    def accept(self, *pairs):
        for names, host in pairs:
            with self.subTest(names=names, host=host):
                self.accepted(server_tls(*self.issue(names)), host=host)

    def refuse(self, *pairs, said="is made for other names: "):
        for names, host in pairs:
            with self.subTest(names=names, host=host):
                self.refused(server_tls(*self.issue(names, subject=f"/CN={host or '127.0.0.1'}")), "wrong-name", said,
                             host=host)

    def test_a_name_is_compared_without_its_case_and_its_last_dot(self):
        self.accept(("DNS:a.example", "a.example"), ("DNS:A.Example", "a.example"), ("DNS:a.example", "A.EXAMPLE"),
                    ("DNS:b.example,DNS:a.example", "a.example"), ("DNS:a.example", "a.example."),
                    ("DNS:a.example.", "a.example"))

    def test_another_name_is_refused(self):
        self.refuse(("DNS:b.example", "a.example"), ("DNS:a.example", "b.a.example"), ("DNS:b.a.example", "a.example"),
                    ("DNS:.a.example", "b.a.example"), ("DNS:a.example.evil", "a.example"), ("DNS:aaexample", "a.example"))

    def test_a_wildcard_stands_for_one_whole_label(self):
        self.accept(("DNS:*.a.example", "x.a.example"), ("DNS:*.A.example", "x.a.EXAMPLE"),
                    ("DNS:*.a.example", "xn--bcher-kva.a.example"))
        self.refuse(("DNS:*.a.example", "a.example"), ("DNS:*.a.example", "x.y.a.example"),
                    ("DNS:*.a.example", "x.b.example"),
                    said="a wildcard counts only as the whole first label, as in *.as.example, and stands for one label")

    def test_a_wildcard_anywhere_else_is_none(self):
        self.refuse(*[(f"DNS:{names}", host) for names, host in (
            ("*", "localhost"), ("*", "a.example"), ("*.", "a.example"), ("*.example", "a.example"),
            ("*.*.example", "x.a.example"), ("a.*.example", "a.b.example"), ("a.b.*", "a.b.example"),
            ("f*o.a.example", "foo.a.example"), ("*o.a.example", "foo.a.example"), ("f*.a.example", "foo.a.example"),
            ("**.a.example", "foo.a.example"), ("xn--*.a.example", "xn--bcher-kva.a.example"))],
            said="a wildcard counts only as the whole first label")

    def test_an_address_must_be_there_as_an_address(self):
        self.accept(("IP:127.0.0.1", None), ("IP:::1", "[::1]"), ("IP:0:0:0:0:0:0:0:1", "[::1]"))
        self.refuse(("IP:127.0.0.2", None), ("DNS:localhost", None), ("DNS:*.0.0.1", None), ("IP:127.0.0.1", "[::1]"),
                    ("IP:127.0.0.1", "localhost"), ("DNS:localhost", "[::1]"))
        self.refuse(("DNS:127.0.0.1", None), ("DNS:::1", "[::1]"),
                    said="An address counts only where the certificate has it as \"IP Address\", not as \"DNS\"")

    def test_the_common_name_does_not_count(self):
        self.refuse(("", None), ("", "[::1]"), ("", "localhost"), ("", "a.example"), ("URI:https://a.example", "a.example"),
                    ("email:root@a.example", "a.example"), said="has no subjectAltName that names a server")

    def test_the_common_name_does_not_escape_name_constraints(self):
        bound = self.authority.intermediate("Bound by a name", constraints="permitted;DNS:example")
        leaf = self.issue("", by=bound, subject="/CN=localhost")
        self.refused(server_tls(*bound.chain(leaf, bound.file)), "wrong-name", host="localhost")


class ChainTest(CertificateCase):
    def test_dates(self):
        self.refused(server_tls(*self.issue(end="20210102030405Z")), "expired", "expired on 2021-01-02 03:04:05Z.",
                     "The server's operator must renew it; if that date lies ahead, this machine's clock is wrong.")
        self.refused(server_tls(*self.issue(start="20900102030405Z")), "not-yet-valid",
                     "is valid only from 2090-01-02 03:04:05Z on.", "Check this machine's clock; if it is right, ")
        old = self.authority.intermediate("Old Authority", end="20210102030405Z")
        self.refused(server_tls(*old.chain(self.issue(by=old), old.file)), "expired",
                     "The authority's certificate (CN=Old Authority), 1 above that of https://127.0.0.1:",
                     "expired on 2021-01-02")

    def test_issuers_that_nobody_named(self):
        self.refused(server_tls(*self.authority.self_signed("alone")), "self-signed",
                     "(CN=alone) is self-signed and not among the trusted ones",
                     "If it is the right one, name it with --cacert FILE.")
        foreign = Authority(self.folder + "/foreign", "Foreign Authority")
        leaf = self.issue(by=foreign)
        self.refused(server_tls(*leaf), "unknown-issuer", "is issued by CN=Foreign Authority, which is not trusted",
                     "name its certificate with --cacert FILE")
        self.refused(server_tls(*foreign.chain(leaf, foreign.file)), "unknown-issuer",
                     "(CN=Foreign Authority), 1 above that of https://127.0.0.1:")
        namesake = Authority(self.folder + "/namesake")  # the name of ours, and another key
        self.refused(server_tls(*namesake.chain(self.issue(by=namesake), namesake.file)), "unknown-issuer")

    def test_an_intermediate_must_be_sent_or_named(self):
        middle = self.authority.intermediate("Middle Authority")
        leaf = self.issue(by=middle)
        self.accepted(server_tls(*middle.chain(leaf, middle.file)))
        self.refused(server_tls(*leaf), "unknown-issuer", "is issued by CN=Middle Authority, which is not trusted",
                     "the server may not send its intermediate certificates")
        done, _ = self.ask(server_tls(*leaf), "--cacert", middle.file)
        self.assertEqual((done.status, done.stdout), (0, "at\n"), done.stderr)

    def test_a_certificate_that_is_no_authority_s_vouches_for_nobody(self):
        middle = self.authority.intermediate("Server as Authority", kind="server")
        self.refused(server_tls(*middle.chain(self.issue(by=middle), middle.file)), "not-an-authority",
                     "(CN=Server as Authority), 1 above that of https://127.0.0.1:")

    def test_name_constraints(self):
        bound = self.authority.intermediate("Bound Authority", constraints="permitted;DNS:example")
        self.accepted(server_tls(*bound.chain(self.issue("DNS:a.example", by=bound), bound.file)), host="a.example")
        kept_out = self.authority.intermediate("Kept-out Authority", constraints="excluded;IP:127.0.0.0/255.0.0.0")
        for by, names, host in ((bound, "DNS:localhost", "localhost"), (bound, "DNS:a.example,DNS:localhost", "a.example"),
                                (kept_out, "IP:127.0.0.1", None)):
            with self.subTest(names):
                self.refused(server_tls(*by.chain(self.issue(names, by=by), by.file)), "name-constraints",
                             "has a name that an authority above it may not vouch for (name constraints).", host=host)

    def test_a_certificate_for_clients(self):
        self.refused(server_tls(*self.issue(usage="clientAuth")), "purpose", "is not made for servers")
        self.accepted(server_tls(*self.issue(usage="serverAuth,clientAuth")))


class StrengthTest(CertificateCase):
    def test_weak_keys_and_signatures(self):
        weak = self.authority.intermediate("Weak Authority", key="weak")
        signed = self.authority.intermediate("Old-fashioned Authority", digest="sha1")
        for certificate, sentence in (
                (self.issue(key="rsa512"), "has a key (RSA, 512 bits) that is too weak."),
                (self.issue(key="weak"), "has a key (RSA, 1024 bits) that is too weak."),
                (self.issue(digest="sha1"), "is signed in a way (SHA1) that is too weak."),
                (weak.chain(self.issue(by=weak), weak.file), "(CN=Weak Authority), 1 above"),
                (signed.chain(self.issue(by=signed), signed.file), "(CN=Old-fashioned Authority), 1 above")):
            with self.subTest(sentence):
                self.refused(careless_tls(certificate, maximum_version=VERSION.TLSv1_2), "weak", sentence,
                             "The server's operator must replace it.")

    def test_versions(self):
        good = self.issue()
        for version in (VERSION.TLSv1_2, VERSION.TLSv1_3):
            self.accepted(careless_tls(good, minimum_version=version, maximum_version=version))
        for version in (VERSION.TLSv1, VERSION.TLSv1_1):
            self.refused(careless_tls(good, minimum_version=version, maximum_version=version), "protocol",
                         "speaks no version of TLS that is still safe; 1.2 is the least",
                         "The server's operator must enable TLS 1.2 or 1.3.")

    def test_ciphers(self):
        for ciphers in ("ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0", "AECDH-AES128-SHA:@SECLEVEL=0"):
            self.refused(careless_tls(self.issue(), ciphers, maximum_version=VERSION.TLSv1_2), "protocol",
                         "found no TLS settings in common", "The server's operator must offer current ciphers.")

    def test_no_configuration_of_the_tls_library_weakens_it(self):
        """The environment may choose, never weaken."""
        file = self.program.file("openssl.cnf", "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = any\n"
                                                "[any]\nMinProtocol = None\nCipherString = ALL:@SECLEVEL=0\n")
        weak, good = self.issue(key="weak"), self.issue()
        for environment in ({"OPENSSL_CONF": file}, {}):
            self.refused(careless_tls(weak), "weak", environment=environment)
            self.refused(careless_tls(good, minimum_version=VERSION.TLSv1_1, maximum_version=VERSION.TLSv1_1), "protocol",
                         environment=environment)
            self.refused(careless_tls(good, "AECDH-AES128-SHA:@SECLEVEL=0", maximum_version=VERSION.TLSv1_2), "protocol",
                         environment=environment)


class RevokedTest(CertificateCase):
    def ask_stapled(self, name, revoke):
        certificate, key = self.authority.certificate(name)
        status = self.authority.stapled_status(name, revoke=revoke)
        server = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-status_file", status],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            port = next(int(line.rsplit(b":", 1)[1]) for line in server.stdout if line.startswith(b"ACCEPT"))
            done = self.program.run("password", "--token-endpoint", f"https://localhost:{port}/token", "--client-id", "app",
                                    "--username", "alice", "--store", "none", "--password-stdin", "--cacert",
                                    self.authority.file, "--timeout", "1", "-o", "json", input="secret")
        finally:
            server.kill()
            heard = server.communicate()[0]
        return done, heard

    def test_a_stapled_answer_that_says_revoked_is_believed(self):
        done, heard = self.ask_stapled("revoked", True)
        error = json.loads(done.stderr)
        self.assertEqual((done.status, error["class"], error["reason"], error["sent"]), (9, "tls", "revoked", "no"))
        self.assertIn("(CN=revoked) is revoked. Do not use this server; tell its operator.",
                      error["message"] + " " + error["hint"])
        self.assertNotIn(b"secret", heard)

    def test_one_that_says_good_lets_the_request_through(self):
        _, heard = self.ask_stapled("stapled", False)
        self.assertIn(b"password=secret", heard, "else the test above proves nothing")


class InsecureTest(CertificateCase):
    WARNING = "The server's certificate is NOT checked (--insecure-tls)"

    def test_it_warns_each_time(self):
        for certificate in (self.authority.self_signed("anybody"), self.issue("DNS:other.example"),
                            self.issue(end="20210101000000Z"), self.issue("", subject="/CN=nothing")):
            for words in ((), ("--quiet",)):
                with self.subTest(certificate=certificate, words=words):
                    done, requests = self.ask(server_tls(*certificate), "--insecure-tls", *words)
                    self.assertEqual((done.status, done.stdout, len(requests)), (0, "at\n", 1), done.stderr)
                    self.assertEqual(done.stderr.count(self.WARNING), 1)

    def test_it_follows_no_redirect(self):
        for scheme in ("https", "http"):
            for status in (301, 302, 307, 308):
                with self.subTest(scheme=scheme, status=status), \
                        FaultServer(answering(TOKEN), tls=server_tls(*self.issue()) if scheme == "https" else None) as other:
                    moved = response(b"", status, [("Location", other.url())])
                    for words, tls in ((("--insecure-tls",), server_tls(*self.authority.self_signed("moved"))),
                                       (("--cacert", self.authority.file), server_tls(*self.issue()))):
                        done, requests = self.ask(tls, *words, "-o", "json", answer=moved)
                        error = json.loads(done.stderr.splitlines()[-1])
                        self.assertEqual((done.status, done.stdout, error["class"], len(requests), other.connections),
                                         (8, "", "protocol", 1, 0), done.stderr)


if __name__ == "__main__":
    unittest.main()
