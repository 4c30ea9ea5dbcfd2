"""What goes over the wire, what is made of the answers, and which connections are used again."""

import os
import tempfile
import unittest

import probe
from certificates import Authority, AuthorityCase
from fault_server import (Connection, FaultServer, after_request, answering, answering_once, at_once, response,
                          server_tls, trickling)

MIB = 1024 * 1024


# As servers fill up a line that they have reserved.
PADDED = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          b"1    \r\n{\r\n00006 \t\r\n\"a\":1}\r\n0  \r\nX: y\r\n\r\n")


def chunked(*parts, trailer=b""):
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n" + trailer + b"\r\n"


class RequestTest(unittest.TestCase):
    def sent(self, **options):
        with FaultServer(answering(response(b"{}"))) as server:
            answer = probe.result(url=server.url("/token?tenant=a%20b"), **options)
            self.assertEqual(answer.get("status"), 200, answer)
            (request,) = server.requests
            return request.raw.replace(b":%d" % server.port, b":PORT")

    def test_a_request_is_these_bytes(self):
        self.assertEqual(
            self.sent(body="grant_type=password", authorization="Basic YTpi", header=["Accept: application/json"]),
            b"POST /token?tenant=a%20b HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUser-Agent: oauth-token/0.1.0\r\n"
            b"Accept: application/json\r\nAuthorization: Basic YTpi\r\nContent-Length: 19\r\n\r\ngrant_type=password")

    def test_a_get_has_no_body_and_no_length(self):
        self.assertEqual(self.sent(method="GET"),
                         b"GET /token?tenant=a%20b HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n"
                         b"User-Agent: oauth-token/0.1.0\r\n\r\n")

    def test_the_callers_user_agent_replaces_ours(self):
        self.assertEqual(self.sent(method="GET", header=["user-agent: mine"]),
                         b"GET /token?tenant=a%20b HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nuser-agent: mine\r\n\r\n")

    def test_a_large_body_arrives_whole(self):
        with FaultServer(answering(response(b"{}"))) as server:
            self.assertEqual(probe.result(url=server.url(), body_size=8 * MIB)["status"], 200)
            self.assertEqual(server.requests[0].body, b"x" * 8 * MIB)

    def test_nothing_breaks_out_of_its_line(self):
        with FaultServer(answering(response())) as server:
            for options in ({"header": "X: a\r\nEvil: b"}, {"header": "X\r\nEvil: b"}, {"header": "X: a\nb"},
                            {"header": "X: a\x7f"}, {"header": "X Y: a"}, {"authorization": "Basic a\r\nEvil: b"},
                            {"method": "GET / HTTP/1.1\r\nEvil: b"}, {"method": ""}):
                with self.subTest(options):
                    result = probe.result(url=server.url(), **options)
                    self.assertEqual((result["class"], result["sent"]), ("usage", "no"))
            self.assertEqual(server.connections, 0)


class UrlTest(unittest.TestCase):
    def test_urls_are_normalised(self):
        for text, expected in {
            "https://as.example": "https://as.example/",
            "HTTPS://AS.Example:443/Token": "https://as.example/Token",
            "https://as.example:8443/a/../b?x=1&y=2": "https://as.example:8443/b?x=1&y=2",
            "http://[0:0:0:0:0:0:0:1]:80/": "http://[::1]/",
            "https://127.1/": "https://127.0.0.1/",
            "https://as.example/a b/\u00fc": "https://as.example/a%20b/%c3%bc",
        }.items():
            with self.subTest(text):
                self.assertEqual(probe.result(parse_url=text).get("text"), expected)

    def test_what_is_no_plain_web_address_is_refused(self):
        for text in ("", "as.example", "/token", "ftp://as.example/", "file:///etc/passwd", "https://", "https:///x y",
                     "https://user@as.example/", "https://user:secret@as.example/", "https://as.example/#part",
                     "https://as.example:0/", "https://as.example:99999/", "https://as.example\r\n/", "https://a\tb/",
                     "https://as.exa mple/", "https://as.example\\@evil.example/", "javascript:alert(1)",
                     "https://[::1/", "https://%00/", "https://b\u00fccher.example/"):
            with self.subTest(text):
                result = probe.result(parse_url=text)
                self.assertEqual(result.get("class"), "usage", result)
                self.assertNotIn("secret", result["message"])

    def test_only_these_are_this_machine(self):
        for text, expected in {"http://localhost/": True, "http://LOCALHOST:80/": True, "http://127.0.0.1/": True,
                               "http://[::1]:8/": True, "http://127.0.0.2/": False, "http://localhost./": False,
                               "http://localhost.example/": False, "http://127.0.0.1.example/": False}.items():
            with self.subTest(text):
                self.assertEqual(probe.result(parse_url=text)["loopback"], expected)


class AnswerTest(AuthorityCase):
    """Each answer over plain http and over TLS."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tls = server_tls(*cls.authority.certificate("good"))

    def results(self, *behaviours, tls=None, **options):
        with FaultServer(*behaviours, tls=tls) as server:
            results = probe.results(url=server.url(), ca_file=self.authority.file, body="a=b", **options)
            return results, server

    def check(self, cases, expected):
        for name, behaviour in cases.items():
            for tls in (None, self.tls):
                with self.subTest(name, tls=bool(tls)):
                    behave = answering_once(behaviour) if isinstance(behaviour, bytes) else behaviour
                    (result,), server = self.results(behave, tls=tls)
                    self.assertEqual(server.connections, 1)
                    self.assertEqual({key: result.get(key) for key in expected}, expected, result)

    def test_every_legal_framing_gives_the_body(self):
        body = b'{"a":1}'
        self.check({
            "length": response(body),
            "length, the connection stays": answering(response(body)),
            "length twice, the same": b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Length: 7\r\n\r\n" + body,
            "length in small letters": b"HTTP/1.1 200 OK\r\ncontent-length:7\r\n\r\n" + body,
            "one chunk": chunked(body),
            "many chunks": chunked(*[bytes([byte]) for byte in body]),
            "a chunk's extension": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7;a=b\r\n" + body +
                                   b"\r\n0\r\n\r\n",
            "a trailer": chunked(body, trailer=b"X: y\r\n"),
            "until the connection ends": b"HTTP/1.1 200 OK\r\n\r\n" + body,
            "until the connection ends, HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\n" + body,
            "until the connection ends, TLS does not": answering_once(b"HTTP/1.1 200 OK\r\n\r\n" + body,
                                                                     Connection.close_without_notice),
            "no reason": b"HTTP/1.1 200 \r\nContent-Length: 7\r\n\r\n" + body,
            "no reason, no space": b"HTTP/1.1 200\r\nContent-Length: 7\r\n\r\n" + body,
            "no space after 100": b"HTTP/1.1 100\r\n\r\nHTTP/1.0 200\r\n\r\n" + body,
            "padded chunk sizes": PADDED,
            "padded chunk sizes byte for byte": trickling(b"HTTP/1.1 200\r\n" + PADDED.split(b"\r\n", 1)[1], 0.001),
            "byte for byte": trickling(response(body), 0.001),
            "chunks byte for byte": trickling(chunked(body), 0.001),
            "after 100": b"HTTP/1.1 100 Continue\r\n\r\n" + response(body),
            "after 102 and 103": b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
                                 response(body),
            "followed by more": response(body) + response(b"{}"),
            "before the request was read": at_once(lambda connection: connection.send(response(body))),
        }, {"status": 200, "body": '{"a":1}'})

    def test_answers_without_a_body_are_complete_at_once(self):
        for status in (204, 304):
            with self.subTest(status):
                self.check({"kept open": answering(b"HTTP/1.1 %d X\r\n\r\n" % status),
                            "with the length of a body that nobody could hold":
                                answering(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, 10 ** 18))},
                           {"status": status, "body": ""})
        self.check({"length 0": answering(response(b""))}, {"status": 200, "body": ""})

    def test_what_is_no_http_is_refused(self):
        self.check({
            "garbage": b"hello, world\r\n\r\n",
            "JSON alone": b'{"access_token":"a"}\r\n\r\n',
            "HTTP/2 in words": b"HTTP/2 200\r\n\r\n",
            "HTTP/0.9": b"<html></html>\r\n\r\n",
            "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Length: 8\r\n\r\n12345678",
            "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "a length in words": b"HTTP/1.1 200 OK\r\nContent-Length: seven\r\n\r\n1234567",
            "a length that overflows": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "length and chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "chunks and length": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 7\r\n\r\n0\r\n\r\n",
            "a chunk without a size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            "a line without end": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\n\r\na\r\n0\r\n\r\n",
            "a padded line without end": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1 \na\r\n0\r\n\r\n",
            "a space before a chunk's size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n 1\r\na\r\n0\r\n\r\n",
            "padding alone": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n  \r\n\r\n",
            "padding in a chunk's size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0 1\r\na\r\n0\r\n\r\n",
            "padding without measure": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1" + b" " * 99 + b"\r\na\r\n0\r\n\r\n",
            "a code of two digits": b"HTTP/1.1 20\r\nContent-Length: 0\r\n\r\n",
            "two spaces before the code": b"HTTP/1.1  20\r\nContent-Length: 0\r\n\r\n",
            "a tab behind the code": b"HTTP/1.1 200\t\r\nContent-Length: 0\r\n\r\n",
            "a chunk longer than it says": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
            "a space in a name": b"HTTP/1.1 200 OK\r\nBad Name: a\r\n\r\n",
            "a control character in a header": b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n",
            "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
        }, {"class": "protocol", "retry_safe": False})

    def test_what_is_too_much_is_refused(self):
        def endless(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                connection.send(b"1;" + b"x" * 30000 + b"\r\na\r\n")

        def storm(connection):
            connection.read_request()
            while True:
                connection.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
        self.check({
            "length": b"HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n" + b"x" * (MIB + 1),
            "chunks": chunked(*[b"x" * 65536] * 17),
            "one huge chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n",
            "until the connection ends": b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MIB + 1),
            "one header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70000 + b"\r\n\r\n",
            "many headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20000 + b"\r\n",
            "a trailer": chunked(b"{}", trailer=b"X: y\r\n" * 20000),
            "chunk extensions": endless,
            "interim responses": storm,
        }, {"class": "protocol"})

    def test_one_mebibyte_is_not_too_much(self):
        self.check({"length": response(b"x" * MIB), "chunks": chunked(*[b"x" * 65536] * 16),
                    "until the connection ends": b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * MIB},
                   {"status": 200, "length": MIB})

    def test_an_answer_that_is_cut_off_is_the_networks_fault(self):
        expected = {"class": "network", "reason": "truncated", "sent": "yes", "status": 200, "retry_safe": False}
        self.check({"length": b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n1234567",
                    "chunks": chunked(b"abc")[:-7], "no last chunk": chunked(b"abc")[:-5]}, expected)
        self.check({"head": b"HTTP/1.1 200 OK\r\nContent-Le", "interim response": b"HTTP/1.1 100 Continue\r\n\r\n"},
                   {**expected, "sent": "maybe", "status": 0})

    def test_no_answer_is_the_networks_fault(self):
        self.check({"closed": after_request(Connection.close)},
                   {"class": "network", "reason": "closed", "sent": "maybe", "retry_safe": False})
        self.check({"reset": after_request(Connection.reset)},
                   {"class": "network", "reason": "reset", "sent": "maybe", "retry_safe": False})

    def test_a_request_that_may_be_repeated_says_so(self):
        (result,), _ = self.results(after_request(Connection.close), not_sensitive=True)
        self.assertEqual((result["class"], result["sent"], result["retry_safe"]), ("network", "maybe", True))

    def test_a_redirect_is_an_answer(self):
        for status in (301, 302, 303, 307, 308):
            with self.subTest(status), FaultServer(answering(response())) as elsewhere:
                (result,), server = self.results(
                    answering(response(b"", status, [("Location", elsewhere.url())])))
                self.assertEqual((result["status"], len(server.requests), elsewhere.connections), (status, 1, 0))

    def test_an_answer_before_the_request_was_read_is_heard(self):
        def early(connection):
            connection.send(response(b"{}", 413))
            connection.wait()
        for tls in (None, self.tls):
            with self.subTest(tls=bool(tls)), FaultServer(early, tls=tls) as server:
                result = probe.result(url=server.url(), ca_file=self.authority.file, body_size=8 * MIB)
                self.assertEqual((result.get("status"), result.get("body")), (413, "{}"), result)

    def test_a_server_that_stops_reading_kills_nobody(self):
        def deaf(connection):
            connection.socket.recv(10)
            connection.reset()
        for tls in (None, self.tls):
            with self.subTest(tls=bool(tls)), FaultServer(deaf, tls=tls) as server:  # SIGPIPE would
                result = probe.result(url=server.url(), ca_file=self.authority.file, body_size=8 * MIB)
                self.assertEqual((result["class"], result["sent"]), ("network", "maybe"), result)


class ConnectionTest(unittest.TestCase):
    """Which connection a request uses."""

    def run_twice(self, *behaviours, **options):
        with FaultServer(*behaviours) as server:
            return probe.results(url=server.url(), body="a=b", repeat=2, **options), server

    def test_a_connection_that_is_in_order_is_used_again(self):
        for name, data in {"length": response(b"{}"), "chunks": chunked(b"{}"),
                           "no body": b"HTTP/1.1 204 No Content\r\n\r\n"}.items():
            with self.subTest(name):
                results, server = self.run_twice(answering(data))
                self.assertEqual(([result.get("status") for result in results], server.connections),
                                 ([results[0]["status"]] * 2, 1))

    def test_a_connection_that_is_not_in_order_is_not_used_again(self):
        for name, data in {
            "the server says so": response(b"{}", headers=[("Connection", "close")]),
            "HTTP/1.0": b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}",
            "something is left over": response(b"{}") + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
            "a newline is left over": response(b"{}") + b"\r\n",
            "an interim response": b"HTTP/1.1 103 Early Hints\r\n\r\n" + response(b"{}"),
        }.items():
            with self.subTest(name):
                results, server = self.run_twice(answering(data))
                self.assertEqual(([result.get("body") for result in results], server.connections), (["{}", "{}"], 2))

    def test_what_comes_after_the_answer_reaches_nobody(self):
        def late(connection):
            connection.read_request()
            connection.send(response(b"{}"))
            connection.send(response(b"evil"))
            connection.wait()
        results, server = self.run_twice(late, pause_ms=100)
        self.assertEqual(([result.get("body") for result in results], server.connections), (["{}", "{}"], 2))

    def test_a_connection_that_ended_meanwhile_is_not_used_again(self):
        results, server = self.run_twice(answering_once(response(b"{}")), pause_ms=100)
        self.assertEqual(([result.get("body") for result in results], server.connections), (["{}", "{}"], 2))

    def test_a_reset_on_a_used_connection_is_not_repeated(self):
        def once(connection):
            connection.read_request()
            connection.send(response(b"{}"))
            connection.read_request()
            connection.reset()
        (first, second), server = self.run_twice(once)
        self.assertEqual((first["status"], second["class"], second["sent"], second["retry_safe"]),
                         (200, "network", "maybe", False))
        self.assertEqual((len(server.requests), server.connections), (2, 1))

    def test_a_secret_takes_an_idle_connection_only_within_a_second(self):
        results, server = self.run_twice(answering(response(b"{}")), pause_ms=1200)
        self.assertEqual(([result["status"] for result in results], server.connections), ([200, 200], 2))
        results, server = self.run_twice(answering(response(b"{}")), pause_ms=1200, not_sensitive=True)
        self.assertEqual(([result["status"] for result in results], server.connections), ([200, 200], 1))

    def test_many_threads_get_their_own_answers(self):
        def echo(connection):
            while request := connection.read_request():
                connection.send(response(request.header("Content-Length")[0].encode()))
        with tempfile.TemporaryDirectory() as folder:
            authority = Authority(folder)
            for tls in (None, server_tls(*authority.certificate("good"))):
                with self.subTest(tls=bool(tls)), FaultServer(echo, tls=tls) as server:
                    results = probe.results(url=server.url(), ca_file=authority.file, body="a=b", threads=8, repeat=20)
                    self.assertEqual([result.get("body") for result in results], ["3"] * 160)
                    self.assertEqual(len(server.requests), 160)
                    self.assertLessEqual(server.connections, 8)


if __name__ == "__main__":
    unittest.main()
