"""Proxies that answer in every wrong way: nothing goes out that was meant for the server, and it is the proxy that is named."""

import json
import tempfile
import time
import unittest

from certificates import Authority
from fault_server import (Connection, FaultServer, after_request, answering, answering_once, at_once, endlessly,
                          never_answering, response, server_tls, trickling)
from hostile_answers import RAW, SOON
from program import Program
from relays import ConnectProxy

TOKEN = response(b'{"access_token":"at","token_type":"Bearer"}', headers=[("Content-Type", "application/json")])
CLOSED = "closed the connection, or did not answer as a proxy does."
REFUSED = "was refused (status %d)."

ANSWERS = {
    "closes at once": (at_once(Connection.close), ""),
    "resets at once": (at_once(Connection.reset), " was reset."),
    "closes after the request": (after_request(Connection.close), CLOSED),
    "resets after the request": (after_request(Connection.reset), " was reset."),
    "garbage": (answering_once(b"\x1b[2J\x00\xff\r\n\r\n"), CLOSED),
    "no head": (answering_once(b"<html>"), CLOSED),
    "half a head": (answering_once(b"HTTP/1.1 200 OK\r\nX"), CLOSED),
    "endless headers": (endlessly(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000), CLOSED),
    "an endless header": (endlessly(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 1000), CLOSED),
    "endless interim responses": (endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), CLOSED),
    "an endless body": (endlessly(b"HTTP/1.1 403 No\r\nContent-Length: 99999999999\r\n\r\n", b"x" * 10000), REFUSED % 403),
    "endless chunks": (endlessly(b"HTTP/1.1 502 No\r\nTransfer-Encoding: chunked\r\n\r\n", b"400\r\n" + b"x" * 1024 + b"\r\n"),
                       REFUSED % 502),
    "a redirect": (answering(response(b"", 302, [("Location", "https://evil.example/")])), REFUSED % 302),
    "escape sequences": (answering(b"HTTP/1.1 407 \x1b[2J\r\nProxy-Authenticate: Basic realm=\"\x1b[2J\"\r\n"
                                   b"Content-Length: 0\r\n\r\n"), "needs a user name and password (status 407)."),
}


class HostileProxyTest(unittest.TestCase):
    def setUp(self):
        self.program = Program()
        self.addCleanup(self.program.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.authority = Authority(self.folder + "/ca")
        self.tls = server_tls(*self.authority.certificate("server", "DNS:as.example"))

    def refused(self, proxy, *words, url="https://as.example:8/token"):
        done = self.program.run("password", "--token-endpoint", url, "--client-id", "app", "--username", "alice", "--store",
                                "none", "--password-stdin", "--cacert", self.authority.file, "--proxy",
                                proxy.removesuffix("/token"), "-o", "json", *words, input="secret")
        self.assertEqual(done.stdout, "")
        self.assertIsNone(RAW.search(done.stderr), done.stderr)
        return done.status, json.loads(done.stderr.splitlines()[-1])

    def test_answers(self):
        for name, (behave, said) in ANSWERS.items():
            with self.subTest(name), FaultServer(behave) as proxy:
                status, error = self.refused(proxy.url())
                self.assertEqual((status, error["class"], error["sent"], error["retry_safe"]), (7, "network", "no", True))
                self.assertIn(f"he proxy 127.0.0.1:{proxy.port}", error["message"])
                self.assertIn(said, error["message"])
                for request in proxy.requests:
                    self.assertEqual((request.method, request.body), ("CONNECT", b""))

    def test_time(self):
        for name, behave in {"never answers": never_answering, "a byte a second": trickling(b"HTTP/1.1 200 OK\r\n", 1),
                             "a header a second": endlessly(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 1)}.items():
            with self.subTest(name), FaultServer(behave) as proxy:
                began = time.monotonic()
                status, error = self.refused(proxy.url(), "--timeout", "1")
                self.assertLess(time.monotonic() - began, SOON)
                self.assertEqual((status, error["class"], error["sent"]), (7, "timeout", "no"))
                self.assertIn("while connecting by way of the proxy", error["message"])

    def test_an_answer_of_the_proxy_is_not_the_server_s(self):
        forged = response(b'{"access_token":"forged","token_type":"Bearer"}', headers=[("Content-Type", "application/json")])
        with FaultServer(answering(b"HTTP/1.1 200 OK\r\n\r\n" + forged)) as proxy:
            status, error = self.refused(proxy.url())
            self.assertEqual((status, error["class"], error["sent"]), (9, "tls", "no"))

    def test_it_is_the_proxy_s_certificate_that_is_wrong(self):
        foreign = Authority(self.folder + "/foreign", "Foreign Authority")
        for certificate, reason in ((foreign.certificate("foreign"), "unknown-issuer"),
                                    (self.authority.certificate("old", end="20210101000000Z"), "expired"),
                                    (self.authority.certificate("other", "DNS:other.example"), "wrong-name")):
            with self.subTest(reason), FaultServer(answering(TOKEN), tls=self.tls) as server, \
                    FaultServer(at_once(Connection.wait), tls=server_tls(*certificate)) as proxy:
                status, error = self.refused(proxy.url(), url=server.url(host="as.example"))
                self.assertEqual((status, error["reason"], server.requests), (9, reason, []))
                self.assertIn(f"The certificate of the proxy 127.0.0.1:{proxy.port} (CN=", error["message"])

    def test_it_is_the_server_s_certificate_that_is_wrong(self):
        wrong = server_tls(*self.authority.certificate("wrong", "DNS:other.example"))
        for tls in (None, server_tls(*self.authority.certificate("proxy"))):
            with FaultServer(answering(TOKEN), tls=wrong) as server, ConnectProxy(server.port, tls=tls) as proxy:
                _, error = self.refused(proxy.url, url=server.url(host="as.example"))
                self.assertIn("The certificate of https://as.example:", error["message"])


if __name__ == "__main__":
    unittest.main()
