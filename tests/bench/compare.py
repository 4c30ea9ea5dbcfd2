"""Measures, prints the table, and says which of the goals are met. Called by run.sh."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys

BUILD, WORK = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
ROUNDS = int(sys.argv[3])
PROGRAM = str(BUILD / "bin" / "oauth-token")
HTTPS = not (WORK / "no-https").exists()
TOKEN_RESPONSE_BYTES = 1047

NGINX = """
daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/nginx.log;
events {{}}
http {{
  access_log off; default_type application/json;
  client_body_temp_path {work}/t; proxy_temp_path {work}/t; fastcgi_temp_path {work}/t;
  uwsgi_temp_path {work}/t; scgi_temp_path {work}/t;
  server {{
    listen 127.0.0.1:{http};
    listen 127.0.0.1:{https} ssl;
    ssl_certificate {work}/tls.pem; ssl_certificate_key {work}/tls.key;
    location / {{ add_header Cache-Control no-store; return 200 '{body}'; }}
  }}
}}
"""


def token_response():
    response = {"access_token": "", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "r" * 43, "scope": "read"}
    response["access_token"] = "a" * (TOKEN_RESPONSE_BYTES - len(json.dumps(response, separators=(",", ":"))))
    return json.dumps(response, separators=(",", ":"))


@contextlib.contextmanager
def nginx():
    """Serves the token response; yields the http and https endpoints. Its sockets are bound here, so no port is guessed."""
    sockets = [socket.socket() for _ in range(2)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
        each.listen(512)
    http, https = (each.getsockname()[1] for each in sockets)
    descriptors = [each.fileno() for each in sockets]
    configuration = WORK / "nginx.conf"
    configuration.write_text(NGINX.format(work=WORK, http=http, https=https, body=token_response()))
    server = subprocess.Popen(
        ["nginx", "-c", configuration],
        env={**os.environ, "NGINX": "".join(f"{each};" for each in descriptors)},
        pass_fds=descriptors, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        endpoints = f"http://127.0.0.1:{http}/token", f"https://127.0.0.1:{https}/token"
        for endpoint in endpoints[:2 if HTTPS else 1]:
            subprocess.run(curl(endpoint), env=environment(), check=True, timeout=20, stdout=subprocess.DEVNULL)
        yield endpoints
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def curl(url):
    return ["curl", "-sS", "--fail", "-H", "Accept: application/json", "-d", "grant_type=password", "-d", "client_id=app",
            "-d", "username=alice", "--data-urlencode", f"password@{WORK}/password", "-d", "scope=read", url]


def jq(url):
    return [*curl(url), "|", "jq", "-r", ".access_token"]


def oauth_token(url):
    return [PROGRAM, "password", "--token-endpoint", url, "--client-id", "app", "--username", "alice", "--password-file",
            str(WORK / "password"), "--scope", "read", "--store", "none"]


def wall(commands):
    """For each command the times of its runs in ms, taken in turn."""
    words = []
    for command in commands:
        words += [",", *command] if words else command
    out = subprocess.run([BUILD / "runs", str(ROUNDS), *words], env=environment(), check=True, stdout=subprocess.PIPE)
    rounds = [[int(word) / 1e6 for word in line.split()] for line in out.stdout.decode().splitlines()]
    return list(zip(*rounds))


def instructions(command):
    """Executed by the command, by both sides of a pipe together."""
    if command[0].startswith("status="):
        command = command[1:]
    if "|" in command:
        pipe = command.index("|")
        (WORK / "response.json").write_text(token_response())
        return instructions(command[:pipe]) + instructions([*command[pipe + 1:], str(WORK / "response.json")])
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
        env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
    )
    collected = re.search(rb"Collected : (\d+)", done.stderr)
    if not collected:
        raise RuntimeError(f"callgrind did not count {command[0]}: {done.stderr.decode()}")
    return int(collected.group(1))


def mapped(command):
    """The shared libraries that a run of the command loaded, by name."""
    trace = WORK / "loaded"
    subprocess.run(
        command, env={**environment(), "LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(trace)}, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
    )
    text = "".join(path.read_text() for path in WORK.glob("loaded.*"))
    return set(re.findall(r"file=(?:\S*/)?(\S+?\.so\S*) ", text))


def environment():
    return {"PATH": os.environ["PATH"], "HOME": str(WORK), "LANG": "C.UTF-8"}


class Table:
    """Rows of one group, each compared with the group's first row."""

    def __init__(self):
        print(f"| whole process, median of {ROUNDS} | wall ms | ratio | instructions | ratio |")
        print("|---|---|---|---|---|")

    def add(self, named):
        names, commands = zip(*named)
        times, counts = wall(commands), [instructions(command) for command in commands]
        result = {}
        for name, own, count in zip(names, times, counts):
            ratio = statistics.median(a / b for a, b in zip(own, times[0]))
            print(f"| {name} | {statistics.median(own):.2f} | {ratio:.2f} | {count / 1e6:.2f} M | {count / counts[0]:.2f} |",
                  flush=True)
            result[name] = (own, count)
        return result


def ratios(rows, ours, theirs):
    pairs = zip(rows[ours][0], rows[theirs][0])
    return statistics.median(a / b for a, b in pairs), rows[ours][1] / rows[theirs][1]


GOALS = []


def goal(number, what, figure, limit, unit=""):
    GOALS.append(f"goal {number}: {what}: {figure:.2f}{unit}, goal {limit:.2f}{unit}: "
                 f"{'met' if round(figure, 3) <= limit else 'NOT MET'}")


def start_up(table):
    forms = {"--help": [PROGRAM, "--help"], "--version": [PROGRAM, "--version"],
             "usage error": ["status=2", PROGRAM, "--no-such-option"]}
    rows = table.add([("empty C program", [str(BUILD / "empty")]), *((f"oauth-token, {n}", c) for n, c in forms.items())])
    for name, command in forms.items():
        time_ratio, _ = ratios(rows, f"oauth-token, {name}", "empty C program")
        goal(4, f"{name}, wall against an empty C program", time_ratio, 1.60, " x")
        goal(4, f"{name}, instructions", rows[f"oauth-token, {name}"][1] / 1e6, 1.00, " M")
        heavy = sorted(n for n in mapped([w for w in command if not w.startswith("status=")]) if re.match(r"libcurl|libglib", n))
        GOALS.append(f"goal 4: {name}, neither libcurl nor GLib mapped: {'NOT MET: ' + ', '.join(heavy) if heavy else 'met'}")


def token(table, scheme, url):
    ours, theirs, piped = (f"{scheme}: {name}" for name in ("oauth-token", "curl", "curl piped to jq"))
    rows = table.add([(theirs, curl(url)), (piped, jq(url)), (ours, oauth_token(url))])
    number, wall_goal, instruction_goal, pipe_goal = (1, 0.30, 0.13, 0.30) if scheme == "https" else (2, 1.00, 1.00, 0.28)
    time_ratio, instruction_ratio = ratios(rows, ours, theirs)
    goal(number, f"one {scheme} token, wall against curl", time_ratio, wall_goal, " x")
    goal(number, f"one {scheme} token, instructions against curl", instruction_ratio, instruction_goal, " x")
    goal(3, f"one {scheme} token, wall against curl piped to jq", ratios(rows, ours, piped)[0], pipe_goal, " x")


def flights(url, limit):
    """Goal 9, measured by a program of its own; one line of it is a figure, the other says whether the goal is met."""
    done = subprocess.run([BUILD / "bin" / "flights", url, str(limit)], env=environment(), check=True,
                          stdout=subprocess.PIPE)
    figure, met = done.stdout.decode().splitlines()
    print(f"\n{figure}", flush=True)
    GOALS.append(met)


def main():
    (WORK / "password").write_text("correct horse battery staple")
    (WORK / "t").mkdir(exist_ok=True)
    for needed in ("curl", "jq", "nginx", "valgrind"):
        if not shutil.which(needed):
            sys.exit(f"needs {needed}, which is not installed")
    certificates = pathlib.Path("/etc/ssl/certs/ca-certificates.crt").read_text().count("BEGIN CERTIFICATE")
    with nginx() as (http, https):
        table = Table()
        start_up(table)
        token(table, "http", http)
        if HTTPS:
            token(table, "https", https)
        flights(http, 1.60)
        if HTTPS:
            flights(https, 1.35)
    print()
    if HTTPS:
        print(f"default trust: {certificates} certificates, the benchmark's CA among them")
    else:
        print("https was not measured, and goal 1 with it: a private mount over /etc/ssl/certs is not permitted here")
    print("\n".join(sorted(GOALS)))


main()
