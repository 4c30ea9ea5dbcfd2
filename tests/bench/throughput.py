"""Goals 8-10: the library's requests beside libcurl's, one after the other and many at once. BUILD WORK"""

import os
import pathlib
import re
import resource
import subprocess
import sys

from measuring import goal, seen, unmeasured
from server import Server

BUILD, WORK = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
ROUNDS = 15
LIBRARY_AT_ONCE = 128  # more wait inside the library
WRK_SCRIPT = """
wrk.method = "POST"
wrk.body = "grant_type=password&client_id=app&username=alice&password=secret&scope=read"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.headers["Accept"] = "application/json"
"""


def environment(**more):
    return {"PATH": os.environ["PATH"], "HOME": str(WORK), "LANG": "C.UTF-8", **more}


def requests(*words, before=(), **more):
    done = subprocess.run([*before, BUILD / "bin" / "requests", *map(str, words)], env=environment(**more), check=True,
                          stdout=subprocess.PIPE)
    return [float(word) for word in done.stdout.split()]


def wrk(url, connections):
    """CPU us of a request."""
    (WORK / "post.lua").write_text(WRK_SCRIPT)
    process = subprocess.Popen(["wrk", "-t1", f"-c{connections}", "-d2s", "-s", WORK / "post.lua", url], env=environment(),
                               stdout=subprocess.PIPE)
    said = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    count = re.search(r"(\d+) requests in", said)
    if process.returncode != 0 or not count or "Non-2xx" in said:
        raise RuntimeError(f"wrk: {said}")
    return (usage.ru_utime + usage.ru_stime) * 1e6 / int(count.group(1))


def cpu(servers):
    print("\n| library, CPU us a request, median of 15 batches | wrk | libcurl | library | ratio |")
    print("|---|---|---|---|---|")
    for scheme, url in servers:
        for in_flight in (0, 1, 64, 1000):
            batch = 1000 if in_flight < 64 else 4000
            theirs, ours, ratio = requests("cpu", in_flight, batch, ROUNDS, url)
            name = f"{in_flight} in flight, request_async" if in_flight else "one after the other, request"
            reference = f"{wrk(url, in_flight):.1f}" if in_flight in (1, 64) else ""
            print(f"| {scheme}, {name} | {reference} | {theirs:.1f} | {ours:.1f} | {ratio:.2f} |", flush=True)
            if in_flight == 0 and scheme == "http":
                goal(8, "http, one after the other, CPU against libcurl", ratio, 1.15)
            if in_flight == 64:
                goal(9, f"{scheme}, 64 in flight, CPU against libcurl", ratio, 1.35 if scheme == "https" else 1.60)


def memory(servers):
    print("\n| memory of a request in flight, KiB | libcurl | library |")
    print("|---|---|---|")
    for scheme, url in servers:
        def peak(of, in_flight):
            return requests("memory", of, in_flight, 4000, url)[0]
        each = [(peak(of, LIBRARY_AT_ONCE) - peak(of, 1)) / (LIBRARY_AT_ONCE - 1) for of in ("libcurl", "library")]
        print(f"| {scheme} | {each[0]:.1f} | {each[1]:.1f} |")
        waiting = (peak("library", 1000) - peak("library", LIBRARY_AT_ONCE)) / (1000 - LIBRARY_AT_ONCE)
        print(f"| {scheme}, waiting for its turn | | {waiting:.1f} |", flush=True)


def thousand_tokens():
    """Against a server that closes a connection after 100 requests."""
    with Server(WORK / "tls", log_requests=True, requests_per_connection=100) as server:
        url = server.https + "/token"
        theirs, ours, ratio = requests("cpu", 0, 1000, 5, url)
        print(f"\nhttps, 1000 tokens on one client, a new connection for each 100, CPU us a request: libcurl {theirs:.1f}, "
              f"library {ours:.1f}")
        goal(10, "1000 https tokens on one client, CPU against libcurl", ratio, 1.15)
        connections = {number: resumed for path, number, resumed in server.requests() if path == "/token"}
        full = [number for number, resumed in connections.items() if not resumed]
        seen(10, "TLS sessions resumed but for the first", full[1:] if len(connections) >= 60 else ["too few connections"])
        bundle = WORK / "bundle.pem"
        bundle.write_bytes(pathlib.Path("/etc/ssl/certs/ca-certificates.crt").read_bytes())
        trace = WORK / "opened"
        requests("cpu", 0, 1000, 1, url, before=["strace", "-f", "-qq", "-e", "trace=openat", "-o", trace],
                 SSL_CERT_FILE=str(bundle))
        opened = trace.read_text().count(f'"{bundle}"')
        seen(10, "no CA bundle parsed twice", [] if opened == 1 else [f"opened {opened} times"])


def main():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    https = not (WORK / "no-https").exists()
    with Server(WORK / "tls" if https else None) as server:
        servers = [(url.split(":")[0], url + "/token") for url in (server.http, server.https) if url]
        cpu(servers)
        memory(servers)
    if https:
        thousand_tokens()
    else:
        for number in (9, 10):
            unmeasured(number, "https needs a private mount over /etc/ssl/certs, which is not permitted")


main()
