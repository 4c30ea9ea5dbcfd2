"""Goals 1-4 and 7: whole processes beside their peers, an empty C program among them. BUILD WORK ROUNDS"""

import os
import pathlib
import re
import sys

BUILD, WORK, ROUNDS = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
os.environ["OAUTH_TOKEN_PROGRAM"] = str(BUILD / "bin" / "oauth-token")

# pylint: disable=wrong-import-position
from measuring import Run, Table, goal, paired, seen, unmeasured
from ordinary_user import installed_copy
from server import Server

PEERS = pathlib.Path(__file__).parent / "peers"
# As its peers are: written at one go. What the linker wrote piece by piece lies in the page cache in small pieces, and each
# costs when it is mapped, 6 % of the time of an http token.
PROGRAM = installed_copy(WORK / "installed")
PASSWORD = str(WORK / "password")
FIELDS = ["-d", "grant_type=password", "-d", "client_id=app", "-d", "username=alice", "--data-urlencode", f"password@{PASSWORD}",
          "-d", "scope=read"]


def curl(url):
    return ["curl", "-sS", "--fail", "-H", "Accept: application/json", *FIELDS, url]


def oauth_token(url):
    return [PROGRAM, "password", "--token-endpoint", url, "--client-id", "app", "--username", "alice", "--password-file",
            PASSWORD, "--scope", "read", "--store", "none"]


def start_up(run):
    forms = {"--help": [PROGRAM, "--help"], "--version": [PROGRAM, "--version"],
             "usage error": ["status=2", PROGRAM, "--no-such-option"]}
    named = [("empty C program", [str(BUILD / "empty")]), *((f"oauth-token, {n}", c) for n, c in forms.items())]
    rows = Table(run).add(named)
    for name, command in forms.items():
        row = rows[f"oauth-token, {name}"]
        goal(4, f"{name}, wall against an empty C program", paired(row.times, rows["empty C program"].times), 1.60)
        goal(4, f"{name}, instructions", row.count / 1e6, 1.00, " M")
        seen(4, f"{name}, neither libcurl nor GLib mapped", [n for n in run.mapped(command) if re.match("libcurl|libglib", n)])


def token(run, scheme, url, number, wall_limit, instruction_limit, pipe_limit):
    rows = Table(run).add([
        (f"{scheme}: curl", curl(url)),
        (f"{scheme}: curl piped to jq", [*curl(url), "|", "jq", "-r", ".access_token"]),
        (f"{scheme}: oauth-token", oauth_token(url)),
        (f"{scheme}: floor, C and libcurl alone", [str(BUILD / "floor-token"), url, PASSWORD]),
    ])
    Table(run, slow=True).add([
        (f"{scheme}: curl", curl(url)),
        (f"{scheme}: Python, requests-oauthlib", ["/usr/bin/python3", str(PEERS / "requests_oauthlib_token.py"), url, PASSWORD]),
        (f"{scheme}: Node.js, its own fetch", ["node", str(PEERS / "node_token.mjs"), url, PASSWORD]),
    ])
    ours, theirs, least = (rows[f"{scheme}: {name}"] for name in ("oauth-token", "curl", "floor, C and libcurl alone"))
    piped = rows[f"{scheme}: curl piped to jq"]
    goal(number, f"one {scheme} token, wall against curl", paired(ours.times, theirs.times), wall_limit,
         floor=paired(least.times, theirs.times))
    goal(number, f"one {scheme} token, instructions against curl", ours.count / theirs.count, instruction_limit,
         floor=least.count / theirs.count)
    goal(3, f"one {scheme} token, wall against curl piped to jq", paired(ours.times, piped.times), pipe_limit,
         floor=paired(least.times, piped.times))
    if scheme == "https":
        goal(7, "peak memory of one https token against curl", ours.peak / theirs.peak, 0.95, floor=least.peak / theirs.peak)


def main():
    pathlib.Path(PASSWORD).touch(0o600)
    pathlib.Path(PASSWORD).write_text("correct horse battery staple")
    run = Run(BUILD, WORK, ROUNDS)
    # Two of the peers would not take http, and one has a trust store of its own.
    run.environment.update(OAUTHLIB_INSECURE_TRANSPORT="1", NODE_EXTRA_CA_CERTS=str(WORK / "ca.pem"))
    https = not (WORK / "no-https").exists()
    with Server(WORK / "tls" if https else None) as server:
        start_up(run)
        token(run, "http", server.http + "/token", 2, 1.00, 1.00, 0.28)
        if https:
            token(run, "https", server.https + "/token", 1, 0.30, 0.13, 0.30)
    print("Debian has no openid-client for Node.js: what that one takes comes on top of the row of Node.js.")
    if https:
        certificates = pathlib.Path("/etc/ssl/certs/ca-certificates.crt").read_text().count("BEGIN CERTIFICATE")
        print(f"default trust: {certificates} certificates, the benchmark's CA among them")
    else:
        for number in (1, 7):
            unmeasured(number, "a private mount over /etc/ssl/certs is not permitted")


main()
