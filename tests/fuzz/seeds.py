#!/usr/bin/env python3
"""seeds.py FOLDER: writes the first inputs of each fuzz target, one folder each, from the recorded answers of servers and
the records of earlier versions."""

import base64
import json
import pathlib
import sys

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
REASONS = {200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 503: "Service Unavailable"}

RECORD_ID = "0123456789abcdef0123456789abcdef"
HALF = {"version": 1, "session": RECORD_ID, "generation": 3, "obtained_at": 1795262400,
        "token_endpoint": "https://as.example/token", "introspection_endpoint": "", "revocation_endpoint": "",
        "client_id": "app", "refresh_token": "rt-1", "access_token": "at-1", "token_type": "Bearer",
        "expires_at": 1795266000, "lifetime": 3600, "scope": ["read"], "scope_granted": True, "extra": {"a": [1, None]}}
METADATA = {"issuer": "https://as.example", "token_endpoint": "https://as.example/token",
            "grant_types_supported": ["password", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "mtls_endpoint_aliases": {"token_endpoint": "https://mtls.as.example/token"}}
CONFIGURATION = ['[profiles.work]\nissuer = "https://as.example"\nclient-id = "app"  # ours\nscope = ["a", "b"]\n',
                 'profiles.work.client-id = "x"\n[profiles."other one"]\ntimeout = 5\nlenient = true\n',
                 '[profiles]\nwork = { client-id = "x", scope = [ "a" ] }\n', "profiles = { work = {} }\n",
                 "[profiles.work]\r\nclient-id = '''a\nb'''\r\n", '[profiles.a]\nparam = ["x=1",\n  # note\n  "y=2"]\n']
COMMAND_LINES = [["token", "work", "-o", "json"], ["password", "--issuer=https://as.example", "--scope", "a", "--scope=b"],
                 ["exec", "work", "--env", "T", "--", "curl", "--password", "x"], ["--help"], ["profile", "set", "work"],
                 ["password", "--password", "secret"], ["refresh", "--refresh-token=abc"], ["-V"], ["list", "-ojson"]]
DATES = ["120", "Sun, 22 Nov 2026 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "-1",
         "99999999999999999999", "Sat, 29 Feb 2025 00:00:00 GMT"]
LISTS = ['username,password\r\nalice,"a,b""c"\r\n', 'a\n"b\nc",d', '"never closed,\n', '"a"b,c\n\n,\n']
FRAMES = [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", b"HTTP/1.0 200 OK\r\n\r\n{}",
          b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
          b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n1  \r\n{\r\n01\t\r\n}\r\n0 \r\n\r\n",
          b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
          b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n"]


def body_of(response):
    return response["body"] if isinstance(response["body"], str) else json.dumps(response["body"])


def seeds():
    for case in json.loads((DATA / "wire-cases.json").read_text()):
        response = case["response"]
        head = "".join(f"{name}: {value}\n" for name, value in response["headers"].items())
        answer = f"{response['status']}\n{head}\n{body_of(response)}".encode()
        kind = "query_response" if "token" in case["request"].get("form", {}) else "token_response"
        yield kind, case["id"], answer
        yield "error_response", case["id"], body_of(response).encode()
        yield "json", case["id"], body_of(response).encode()
        lines = head.replace("\n", "\r\n")
        body = body_of(response).encode()
        frame = f"HTTP/1.1 {response['status']} {REASONS.get(response['status'], 'X')}\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
        yield "http_response", case["id"], frame.encode() + body
        yield "encodings", case["id"], "&".join(f"{k}={v}" for k, v in case["request"].get("form", {}).items()).encode()
        scheme, _, credentials = case["request"].get("headers", {}).get("Authorization", "").partition(" ")
        if scheme == "Basic":
            yield "encodings", case["id"] + "-basic", base64.b64decode(credentials).replace(b":", b"\n", 1)
    for number, frame in enumerate(FRAMES):
        yield "http_response", f"frame-{number}", frame
    document = json.dumps(METADATA).encode()
    yield "metadata", "full", b"200\nContent-Type: application/json\n\n" + document
    yield "metadata", "other", b"200\nContent-Type: application/json\n\n" + document.replace(b"as.example", b"evil.example", 1)
    for number, key in enumerate(keys()):
        yield "jwk", str(number), json.dumps(key).encode()
    for path in (DATA / "records").iterdir():
        yield "session_record", path.stem, path.read_bytes()
    yield "session_record", "half", json.dumps(HALF).encode()
    for number, text in enumerate(CONFIGURATION):
        yield "configuration", str(number), text.encode()
    for number, words in enumerate(COMMAND_LINES):
        yield "command_line", str(number), b"".join(word.encode() + b"\0" for word in words)
    for number, text in enumerate(LISTS):
        yield "csv", str(number), text.encode()
    for number, text in enumerate(DATES):
        yield "dates", str(number), text.encode()
    page = f"oauth-token-journal 1 {RECORD_ID} 3 1795262400".ljust(191).encode() + b"\n"
    for number, file in enumerate((page, page + b"%016d" % 30 + bytes(44) + bytes(30), page + b"0" * 16)):
        yield "journal", str(number), len(file).to_bytes(2, "big") + file + len(page).to_bytes(2, "big") + page


def keys():
    """Every object with a "kty" in the known answers of the RFCs, and a set of them."""
    found = []

    def look(value):
        if isinstance(value, dict):
            if "kty" in value:
                found.append(value)
            for member in value.values():
                look(member)
        elif isinstance(value, list):
            for element in value:
                look(element)

    look(json.loads((DATA / "rfc-keys.json").read_text()))
    return [*found, {"keys": found}]


def main(folder):
    for target, name, data in seeds():
        place = pathlib.Path(folder) / target
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)


if __name__ == "__main__":
    main(sys.argv[1])
