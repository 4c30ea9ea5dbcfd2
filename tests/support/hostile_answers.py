"""Servers that answer in every wrong way: what they do, and what has to come of it."""

import gzip
import json
import os
import pathlib
import re
import time

from fault_server import (Connection, after_request, answering, answering_once, at_once, endlessly,
                          never_answering, never_reading, response, trickling, unasked)
from renewal_case import RenewalCase

JSON = [("Content-Type", "application/json")]
TOKEN = b'{"access_token":"first","token_type":"Bearer","expires_in":3600}'
OK = response(TOKEN, headers=JSON)
STATUS = {"network": 7, "timeout": 7, "server": 7, "rate-limited": 7, "protocol": 8, "request": 6, "client-auth": 6, "": 0}
SOON = 8  # seconds: a second of timeout, and a machine that has much else to do
# C0, DEL, C1, zero-width, bidirectional. A line break is ours.
RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\udc80-\udcff]")
ESCAPES = "\\u001b[2J\\u001b]0;title\\u0007\\u009b31m\\u202eevil\\u200b\\u0000\\r\\noauth-token: fake"


def head(*lines, status="200 OK"):
    return "\r\n".join(["HTTP/1.1 " + status, *lines]).encode("latin-1") + b"\r\n\r\n"


def chunked(rest):
    return head("Content-Type: application/json", "Transfer-Encoding: chunked") + rest


def error(description, code="odd"):
    """`description` is the text within the quotes of JSON."""
    return response(f'{{"error":"{code}","error_description":"{description}"}}'.encode(), 400, JSON)


def told(words, extra=()):
    return response(words, headers=[*JSON, *extra])


# What the server does, and the class of what comes of it; "" is a token.
ENDS = {
    "closes at once": (at_once(Connection.close), "network"),
    "resets at once": (at_once(Connection.reset), "network"),
    "closes after the request": (after_request(Connection.close), "network"),
    "resets after the request": (after_request(Connection.reset), "network"),
    "closes after an interim response": (answering_once(b"HTTP/1.1 100 Continue\r\n\r\n"), "network"),
    "closes within the head": (answering_once(OK[:20]), "network"),
    "resets within the body": (answering_once(OK[:-5], Connection.reset), "network"),
}
SLOW = {
    "never answers": (never_answering, "timeout"),
    "never reads": (never_reading, "timeout"),
    "a byte a second": (trickling(OK, 1), "timeout"),
    "a chunk a second": (endlessly(chunked(b""), b"1\r\n \r\n", 1), "timeout"),
    "an interim response a second": (endlessly(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 1), "timeout"),
    "a body that never comes": (answering(head("Content-Length: 100")), "timeout"),
    "a head without an end": (answering(b"HTTP/1.1 200 OK\r\n"), "timeout"),
    "a chunk without an end": (answering(chunked(b"5\r\n{")), "timeout"),
}
FRAMES = {
    "an answer before the request": (unasked(OK), ""),
    "two answers": (answering(OK + told(TOKEN.replace(b"first", b"second"))), ""),
    "an answer and garbage": (answering(OK + b"\x1b[2J\x00"), ""),
    "a storm of 103, then the answer": (answering(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100 + OK), ""),
    "an endless storm of 100": (endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), "protocol"),
    "101": (answering(head("Upgrade: h2c", status="101 Switching Protocols")), "protocol"),
    "endless headers": (endlessly(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000), "protocol"),
    "an endless header": (endlessly(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 10000), "protocol"),
    "an endless status line": (endlessly(b"HTTP/1.1 200 ", b"y" * 10000), "protocol"),
    "an endless body": (endlessly(head("Content-Type: application/json"), b" " * 10000), "protocol"),
    "endless chunks": (endlessly(chunked(b""), b"1000\r\n" + b" " * 4096 + b"\r\n"), "protocol"),
    "10 MiB": (answering(told(b" " * (10 << 20))), "protocol"),
    "10 MiB in one chunk": (answering(chunked(b"a00000\r\n" + b" " * (10 << 20) + b"\r\n0\r\n\r\n")), "protocol"),
    "10 MiB of an error page": (answering(response(b" " * (10 << 20), 500)), "server"),
    "an error page without an end": (endlessly(head(status="500 Oops"), b"<p>" * 1000), "server"),
    "10 MiB in chunks beside 429": (
        answering(head("Transfer-Encoding: chunked", status="429 Slow Down") + b"a00000\r\n" + b" " * (10 << 20) + b"\r\n0\r\n\r\n"),
        "rate-limited"),
    "a length that is too short": (answering(head("Content-Type: application/json", "Content-Length: 9") + TOKEN), "protocol"),
    "a length that is too long": (answering_once(head("Content-Length: 999") + TOKEN), "network"),
    "a negative length": (answering(head("Content-Length: -1") + TOKEN), "protocol"),
    "two lengths": (answering(head("Content-Length: 1", "Content-Length: 2") + TOKEN), "protocol"),
    "length and chunks": (answering(head("Content-Length: 1", "Transfer-Encoding: chunked") + TOKEN), "protocol"),
    "a chunk without a size": (answering(chunked(b"xyz\r\n")), "protocol"),
    "a chunk longer than it says": (answering(chunked(b"1\r\n{}\r\n0\r\n\r\n")), "protocol"),
    "a chunk of 2^64": (answering(chunked(b"10000000000000000\r\n")), "protocol"),
    "no last chunk": (answering_once(chunked(b"%x\r\n%s\r\n" % (len(TOKEN), TOKEN))), "network"),
    "HTTP/1.0": (answering_once(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + TOKEN), ""),
    "HTTP/2 in words": (answering(b"HTTP/2 200\r\n\r\n"), "protocol"),
    "status 000": (answering(head(status="000 X")), "protocol"),
    "status 999": (answering(head("Content-Length: 0", status="999 X")), "server"),  # RFC 9110 s15
    "status 20": (answering(head(status="20 X")), "protocol"),
    "status 2000": (answering(head(status="2000 X")), "protocol"),
    "SSH": (unasked(b"SSH-2.0-OpenSSH_9.2\r\n"), "protocol"),
    "SMTP": (unasked(b"220 mail.example ESMTP\r\n"), "protocol"),
    "garbage": (answering(b"\x1b[2J\x00\xff\x07\r\n\r\n"), "protocol"),
    "NUL alone": (answering(b"\x00" * 5000), "protocol"),
    "a NUL in a header": (answering(head("X: \x00", "Content-Length: 0")), "protocol"),
    "an escape sequence in a header": (answering(head("X: \x1b[2J", "Content-Length: 0")), "protocol"),
    "an escape sequence in a name": (answering(head("X\x1b[2J: y", "Content-Length: 0")), "protocol"),
    "an escape sequence in the reason": (answering(head("Content-Length: 0", status="400 \x1b[2J")), "protocol"),
    "an escape sequence in the Content-Type": (answering(head("Content-Type: text/\x9b2J", "Content-Length: 1") + b"x"),
                                               "protocol"),
    "an escape sequence in the Location": (answering(head("Location: https://x/\x9b2J", "Content-Length: 0",
                                                          status="302 Found")), "protocol"),
    "an escape sequence in WWW-Authenticate": (answering(head('WWW-Authenticate: Basic realm="\x9b2J"', "Content-Length: 0",
                                                              status="401 X")), "client-auth"),
    "a Retry-After of ages": (answering(head("Retry-After: 99999999999999999999", "Content-Length: 0", status="503 X")),
                              "server"),
}
BODIES = {
    "escape sequences in error_description": (answering(error(ESCAPES)), "request"),
    "escape sequences in error_uri": (answering(response(f'{{"error":"odd","error_uri":"{ESCAPES}"}}'.encode(), 400, JSON)),
                                      "request"),
    "escape sequences in error": (answering(error("x", ESCAPES)), "protocol"),
    "C1 and bidirectional characters as they are": (answering(error("\x9b31m \u202e \u2066 \u200b")), "request"),
    "a raw escape sequence": (answering(error("\x1b[2J")), "protocol"),
    "a raw NUL": (answering(error("a\x00b")), "protocol"),
    "bytes that are no UTF-8": (answering(response(b'{"error":"odd","error_description":"\x9b\xff"}', 400, JSON)), "protocol"),
    "half a surrogate": (answering(error("\\ud800")), "protocol"),
    "a mebibyte of description": (answering(error("\\u001b" * 170_000)), "request"),
    "escape sequences in members": (answering(told(TOKEN[:-1] + b',"\\u001b[2J":"\\u001b[2J","scope":"\\u001b[2J"}')), ""),
    "escape sequences in the token": (answering(told(TOKEN.replace(b"first", b"\\u001b[2J"))), "protocol"),
    "a line break in the token": (answering(told(TOKEN.replace(b"first", b"a\\nb"))), "protocol"),
    "escape sequences in the token's type": (answering(told(TOKEN.replace(b"Bearer", b"\\u001b[2J"))), ""),
    "two tokens": (answering(told(TOKEN[:-1] + b',"access_token":"second"}')), "protocol"),
    "10 000 brackets": (answering(told(b"[" * 10_000)), "protocol"),
    "a number of 100 000 digits": (answering(told(TOKEN.replace(b"3600", b"9" * 100_000))), None),
    "a gzip bomb": (answering(told(gzip.compress(b" " * 50_000_000), [("Content-Encoding", "gzip")])), "protocol"),
    "a token in gzip": (answering(told(gzip.compress(TOKEN), [("Content-Encoding", "gzip")])), "protocol"),
    "a Content-Type that a gateway joined": (answering(response(TOKEN, headers=[("Content-Type", "application/json, a/b")])),
                                             ""),
    "plain JSON that is called gzip": (answering(told(TOKEN, [("Content-Encoding", "gzip")])), ""),
}


def issued(status, members):
    return answering(response(json.dumps(members).encode(), status, JSON))


# Tokens, all with SECRET in them, where no token belongs; and the exit status.
ISSUED = {
    "names in camel case": (issued(200, {"accessToken": "SECRET-1", "refreshToken": "SECRET-2", "expiresIn": 3600}), 8),
    "tokens in an inner object": (issued(200, {"code": 0, "data": {"access_token": "SECRET-1"}}), 8),
    "names with capitals": (issued(200, {"Access_Token": "SECRET-1", "token_type": "Bearer"}), 8),
    "a token of another name": (issued(200, {"token": "SECRET-1", "result": "SECRET-2"}), 8),
    "an inner object beside an error": (issued(400, {"error": "invalid_scope", "data": {"access_token": "SECRET-1"}}), 6),
    "a token in the words of its answer": (issued(400, {"error": "x_y", "access_token": "SECRET-1", "error_description":
                                                        "issued SECRET-1", "SECRET-1": 1}), 6),
    "a token for a type": (issued(200, {"access_token": "SECRET-1", "token_type": "SECRET-1", "SECRET-1": 1}), 0),
    "a token for a lifetime": (issued(200, {"access_token": "SECRET-1", "token_type": "Bearer", "expires_in": "SECRET-1",
                                            "scope": "SECRET-1"}), 0),
    "tokens beside an error": (issued(400, {"error": "x_y", "access_token": "SECRET-1", "device_secret": "SECRET-1"}), 6),
}

# Bodies with a new refresh token that are refused all the same, and their status.
RENEWED = b'{"access_token":"at","token_type":"Bearer","expires_in":3600,"refresh_token":"%(new)s"}'
REFUSED = {
    **{f"status {status}": (RENEWED, status) for status in (201, 202, 203, 206)},
    "a member that occurs twice": (RENEWED[:-1] + b',"scope":"a","scope":"a"}', 200),
    "two access tokens": (RENEWED[:-1] + b',"access_token":"other"}', 200),
    "a byte that is no UTF-8": (RENEWED[:-1] + b',"name":"M\xfcller"}', 200),
    "a NUL behind the end": (RENEWED + b"\0", 200),
    "garbage behind the end": (RENEWED + b"garbage", 200),
    "no end": (RENEWED[:-1], 200),
    "70 brackets": (RENEWED[:-1] + b',"x":' + b"[" * 70 + b"]" * 70 + b"}", 200),
    "a refresh token alone": (b'{"token_type":"Bearer","refresh_token":"%(new)s"}', 200),
}


class HostileCase(RenewalCase):
    def run_to_the_end(self, *words, **options):
        """As Program.run; nothing of the program's process group may be left, and `--timeout 1` ends it soon."""
        began = time.monotonic()
        process = self.program.start(*words)
        out, err = process.communicate(options.get("input", b""), 60)
        if "--timeout" in words:
            self.assertLess(time.monotonic() - began, SOON)
        with self.assertRaises(ProcessLookupError, msg="a process is left over"):
            os.killpg(process.pid, 0)
        return process.returncode, out.decode(), err.decode("utf-8", "surrogateescape")

    def check_output(self, expected, status, out, err):
        self.assertIsNone(RAW.search(out.rstrip("\n") + err), (out, err[:5000]))
        self.assertLess(len(err), 20_000)
        if expected is not None:
            self.assertEqual(status, STATUS[expected], err)
        self.assertEqual(out, "" if status else "first\n")

    def check_json(self, expected, status, out, err):
        self.assertIsNone(RAW.search(out.rstrip("\n") + err), err[:5000])
        if status:
            (failure,) = [json.loads(line) for line in err.splitlines()]
            self.assertEqual((failure["class"], failure["exit_status"], out), (expected, status, ""))

    def record(self):
        (file,) = self.program.state_home.glob("oauth-token/sessions/*.json")
        return json.loads(file.read_text())

    def files(self):
        """All but the two pages of the journal, which come and go."""
        return {path for path in pathlib.Path(self.program.home).rglob("*") if path.parent.name != "journal"}
