"""After a request nothing of its secrets is left in the process, whatever became of it."""

import base64
import json
import unittest
import urllib.parse

import memory_scan
import probe
from certificates import Authority, AuthorityCase
from fault_server import (Connection, FaultServer, after_request, answering, answering_once, at_once, never_answering,
                          response, server_tls)
from relays import ConnectProxy


def form(text):
    return urllib.parse.quote(text, safe="").encode()


class Secrets:
    """A password, a client secret and tokens, and the request and answer that carry them."""

    def __init__(self):
        self.password, self.client_secret = memory_scan.canary(), memory_scan.canary()
        self.access_token, self.refresh_token = (memory_scan.canary(memory_scan.AWKWARD_IN_TOKENS) for _ in range(2))
        self.body = (b"grant_type=password&username=alice&password=" + form(self.password) + b"&client_secret=" +
                     form(self.client_secret))
        self.authorization = b"Basic " + base64.b64encode(b"client:" + form(self.client_secret))
        self.answer = json.dumps({"access_token": self.access_token.decode(), "token_type": "Bearer",
                                  "refresh_token": self.refresh_token.decode()}, ensure_ascii=False).encode()
        self.wanted = {"the password": self.password, "the client secret": self.client_secret,
                       "the access token": self.access_token, "the refresh token": self.refresh_token}


UNTIL_THE_END = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"


def answer(body, status=200):
    return response(body, status, [("Content-Type", "application/json")])


def chunked(body):
    """The answer in chunks of 100 bytes."""
    parts = [body[i:i + 100] for i in range(0, len(body), 100)] + [b""]
    return (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
            b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts))


def half_then_wait(data):
    """Sends nearly all of an answer, and keeps the rest."""
    def behave(connection):
        connection.read_request()
        connection.send(data[:-10])
        connection.wait()
    return behave


# What the server does, what the probe is told besides, and what must come of it.
CASES = {
    "a success": (lambda s: answering(answer(s.answer)), {}, 200),
    "a success in chunks": (lambda s: answering(chunked(s.answer)), {}, 200),
    "a success that ends with the connection": (
        lambda s: answering_once(UNTIL_THE_END + s.answer), {}, 200),
    "two requests on one connection": (lambda s: answering(answer(s.answer)), {"repeat": 2}, 200),
    "a refusal": (lambda s: answering(answer(b'{"error":"invalid_grant"}', 401)), {}, 401),
    "an answer that repeats the request": (
        lambda s: answering(answer(s.body, 400)), {}, 400),
    "a reset right after the handshake": (lambda s: at_once(Connection.reset), {}, "network"),
    "a reset after the request": (lambda s: after_request(Connection.reset), {}, "network"),
    "a timeout": (lambda s: never_answering, {"timeout_ms": 300}, "timeout"),
    "a cancelled wait": (lambda s: never_answering, {"cancel_after_ms": 200}, "interrupted"),
    "a timeout in the middle of the answer": (
        lambda s: half_then_wait(answer(s.answer)), {"timeout_ms": 300}, "timeout"),
    "an answer cut off": (
        lambda s: answering_once(answer(s.answer)[:-10]), {}, "network"),
    "an answer that is too large": (
        lambda s: answering_once(UNTIL_THE_END + s.answer * 20000), {}, "protocol"),
    "an answer that is no HTTP": (lambda s: answering_once(s.answer + b"\r\n\r\n"), {}, "protocol"),
    "something behind the answer": (
        lambda s: answering_once(answer(s.answer) + s.answer), {}, 200),
    "much behind the answer": (
        lambda s: answering_once(answer(s.answer) + s.answer * 1000), {}, 200),
}


METHODS = ("client_secret_basic", "raw", "client_secret_post")


class MemoryScanTest(AuthorityCase):
    @classmethod
    def setUpClass(cls):
        memory_scan.require_root()
        super().setUpClass()
        cls.certificate = cls.authority.certificate("good")
        cls.foreign = Authority(cls.folder.name + "/foreign").certificate("foreign")

    def tls(self, certificate=None):
        return server_tls(*(certificate or self.certificate))

    def assert_nothing_left(self, secret, expected, **options):
        with probe.held_request(secret.body, secret.authorization, **options) as held:
            for result in held.results:
                self.assertEqual(result.get("class") or result["status"], expected, result)
            self.assertEqual(memory_scan.scan(held.pid, secret.wanted), [])

    def assert_nothing_left_of_a_grant(self, secret, expected, methods, **options):
        """The same through the TokenClient, by each of `methods` to send a client secret, and without blocking."""
        if expected in (401, 400):
            expected = {401: "credentials", 400: "protocol"}[expected]
        for method, way in [*((method, "") for method in methods), (methods[0], "async"), (methods[0], "dialog")]:
            with probe.held_token(secret.password, secret.client_secret, method=method, ca_file=self.authority.file,
                                  way=way, **options) as held:
                for result in held.results:
                    self.assertEqual(result["class"] or result["status"], expected, result)
                self.assertEqual(memory_scan.scan(held.pid, secret.wanted), [], (method, way))

    def check(self, tls, proxied):
        for name, (behaviour, options, expected) in CASES.items():
            secret = Secrets()
            with self.subTest(name), FaultServer(behaviour(secret), tls=tls) as server:
                if not proxied:
                    self.assert_nothing_left(secret, expected, url=server.url(), ca_file=self.authority.file, **options)
                    self.assert_nothing_left_of_a_grant(secret, expected, METHODS, url=server.url(), **options)
                    continue
                host = "localhost" if tls else "as.example"
                with ConnectProxy(server.port) as proxy:
                    self.assert_nothing_left(secret, expected, url=server.url(host=host), ca_file=self.authority.file,
                                             proxy=proxy.url, allow_http=True, **options)
                    self.assert_nothing_left_of_a_grant(secret, expected, METHODS[:1], url=server.url(host=host),
                                                        proxy=proxy.url, **options)
                    self.assertEqual({request.target for request in proxy.requests}, {f"{host}:{server.port}"})

    def test_over_http_nothing_is_left(self):
        self.check(None, False)

    def test_over_https_nothing_is_left(self):
        self.check(self.tls(), False)

    def test_over_http_through_a_proxy_nothing_is_left(self):
        self.check(None, True)

    def test_over_https_through_a_proxy_nothing_is_left(self):
        self.check(self.tls(), True)

    def test_after_headers_that_repeat_the_request_nothing_is_left(self):
        table = {"a redirect": (302, [b"Location: /login?%s"]),
                 "a challenge": (401, [b'WWW-Authenticate: Form realm="%s"']),
                 "a folded line": (400, [b"X-Request: a", b" %s", b" b"]),
                 "a type": (400, [b"Content-Type: text/%s"]),
                 "an early one": (103, [b"Link: </%s>", b"", b"HTTP/1.1 400 Bad Request"]),
                 "many": (400, [b"X-Request: %s"] * 40),
                 "a name": (400, [b"%s: x"])}
        for name, (status, lines) in table.items():
            secret = Secrets()
            text = form(secret.password) + b"-" + form(secret.client_secret)
            answered = b"\r\n".join([b"HTTP/1.1 %d Status" % status, *(line.replace(b"%s", text) for line in lines),
                                     b"Content-Length: 2", b"", b"{}"])
            for way in ("", "async"):
                with self.subTest(name, way=way), FaultServer(answering(answered)) as server, \
                        probe.held_token(secret.password, secret.client_secret, method="client_secret_post", way=way,
                                         url=server.url()) as held:
                    self.assertEqual([result["status"] for result in held.results], [400 if status == 103 else status])
                    self.assertEqual(memory_scan.scan(held.pid, secret.wanted), [])

    def test_after_a_failed_verification_nothing_is_left(self):
        for proxied in (False, True):
            secret = Secrets()
            with self.subTest(proxied=proxied), FaultServer(never_answering, tls=self.tls(self.foreign)) as server, \
                    ConnectProxy(server.port) as proxy:
                self.assert_nothing_left(secret, "tls", url=server.url(host="localhost"), ca_file=self.authority.file,
                                         proxy=proxy.url if proxied else "")
                self.assertEqual(server.requests, [])

    def test_with_a_client_certificate_nothing_is_left(self):
        own = Authority(self.folder.name + "/clients").certificate("app")
        for accepted, expected in ((True, 200), (False, "tls")):
            secret = Secrets()
            tls = server_tls(*self.certificate, client_authority=(self.folder.name + "/clients/ca.pem") if accepted
                             else self.authority.file)
            for proxied in (False, True):
                with self.subTest(accepted=accepted, proxied=proxied), \
                        FaultServer(answering(answer(secret.answer)), tls=tls) as server, \
                        ConnectProxy(server.port) as proxy:
                    self.assert_nothing_left(secret, expected, url=server.url(host="localhost"),
                                             ca_file=self.authority.file, certificate=own[0], key=own[1],
                                             proxy=proxy.url if proxied else "", keep_transport=True)

    def test_after_a_proxy_refused_nothing_is_left(self):
        secret = Secrets()
        with FaultServer(never_answering, tls=self.tls()) as server, ConnectProxy(server.port, user="eDp5") as proxy:
            self.assert_nothing_left(secret, "network", url=server.url(host="localhost"), ca_file=self.authority.file,
                                     proxy=proxy.url)

    def test_after_a_name_that_cannot_be_looked_up_nothing_is_left(self):
        # The look-up has a thread of its own, and the first thread of a process binds a symbol late.
        secret = Secrets()
        with probe.held_request(secret.body, secret.authorization, url="https://as.invalid/", timeout_ms=3000) as held:
            self.assertIn(held.results[0]["class"], ("network", "timeout"))
            self.assertEqual(memory_scan.scan(held.pid, secret.wanted), [])

    def test_while_the_connection_is_kept_nothing_is_left(self):
        for tls in (None, self.tls()):
            secret = Secrets()
            with self.subTest(tls=bool(tls)), FaultServer(answering(answer(secret.answer)), tls=tls) as server:
                self.assert_nothing_left(secret, 200, url=server.url(), ca_file=self.authority.file,
                                         keep_transport=True)

    def test_the_scan_finds_a_copy_that_was_left(self):
        secret = Secrets()
        with FaultServer(answering(answer(secret.answer))) as server, \
                probe.held_request(secret.body, secret.authorization, url=server.url(), leak=True) as held:
            found = memory_scan.scan(held.pid, secret.wanted)
            self.assertTrue(any("the password" in line for line in found), found)
            self.assertTrue(any("the client secret" in line for line in found), found)

    def test_the_scan_finds_eight_bytes(self):
        secret = Secrets()
        left = len(secret.body) - 8
        with FaultServer(answering(answer(secret.answer))) as server, \
                probe.held_request(secret.body, secret.authorization, url=server.url(), leak_from=left) as held:
            self.assertEqual(len(memory_scan.scan(held.pid, secret.wanted)), 1)


if __name__ == "__main__":
    unittest.main()
