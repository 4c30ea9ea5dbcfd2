"""`batch` beside `xargs -P64 curl`, and how its cost grows from 10 users to 100 000; batch.svg shows it. BUILD WORK"""

import json
import os
import pathlib
import subprocess
import sys

from measuring import callgrind, goal, seen
from plot import plot
from server import Server

BUILD, WORK = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
SIZES = [10, 100, 1000, 10_000, 100_000]
COMPARED = 10_000
JOBS = "64"
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": str(WORK), "LANG": "C.UTF-8"}


class Cost:
    """Of one run: seconds of CPU time, that of children included, and the peak of resident memory in MiB."""

    def __init__(self, users, command, output):
        out = subprocess.run([BUILD / "runs", "1", f"input={users}", f"output={output}", *command], check=True,
                             env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        _, cpu, peak = map(int, out.stdout.split(b":"))
        self.cpu, self.peak = cpu / 1e9, peak / 1024


def command(server):
    return [str(BUILD / "bin" / "oauth-token"), "batch", "--token-endpoint", server.url(), "--client-id", "app", "--jobs", JOBS]


def file_of_users(count):
    users = WORK / "users.csv"
    users.write_text("username,password\n" + "".join(f"user{n},secret-{n}\n" for n in range(count)))
    return users


def instructions(server, count):
    with file_of_users(count).open() as users:
        return callgrind(command(server), ENVIRONMENT, stdin=users)


def batch(server, count):
    """The cost, and what was wrong with the items."""
    users, output = file_of_users(count), WORK / "tokens.jsonl"
    server.requests()
    cost = Cost(users, command(server), output)
    wrong, names = [], set()
    with output.open() as lines:
        for line in map(json.loads, lines):
            if line["username"] != f"user{line['index']}" or line["index"] in names or not line.get("access_token"):
                wrong.append(str(line))
            names.add(line["index"])
    if names != set(range(count)):
        wrong.append(f"{len(names)} of {count} items came back")
    if (asked := len(server.requests())) != count:
        wrong.append(f"the server was asked {asked} times for {count} items")
    return cost, wrong


def xargs_curl(server, count):
    users = WORK / "users"
    users.write_text("".join(f"{n}\n" for n in range(count)))
    return Cost(users, ["xargs", f"-P{JOBS}", "-I{}", "curl", "-sS", "--fail", "-H", "Accept: application/json", "-d",
                        "grant_type=password", "-d", "client_id=app", "-d", "username=user{}", "-d", "password=secret-{}",
                        server.url()], WORK / "answers")


def main():
    with Server(log_requests=True) as server:
        print(f"\n| batch --jobs {JOBS}, users | CPU s | CPU us a user | peak MiB |\n|---|---|---|---|")
        costs = {}
        for size in SIZES:
            # Twice: what else the machine has to do never makes a run cheaper.
            (costs[size], wrong), (again, wrong_again) = batch(server, size), batch(server, size)
            costs[size].cpu = min(costs[size].cpu, again.cpu)
            print(f"| {size} | {costs[size].cpu:.3f} | {costs[size].cpu / size * 1e6:.1f} | {costs[size].peak:.1f} |", flush=True)
            seen("batch", f"{size} users, no item lost or done twice, by the server's count too", (wrong + wrong_again)[:3])
        theirs = xargs_curl(server, COMPARED)
        counts = {size: instructions(server, size) / size for size in (COMPARED, SIZES[-1])}
    print(f"| {COMPARED}, xargs -P{JOBS} curl | {theirs.cpu:.3f} | {theirs.cpu / COMPARED * 1e6:.1f} | {theirs.peak:.1f} |")
    goal("batch", f"{COMPARED} users, CPU of xargs -P{JOBS} curl against it", theirs.cpu / costs[COMPARED].cpu, 20.0,
         at_least=True)
    goal("batch", "peak memory of 100000 users against 1000", costs[100_000].peak / costs[1000].peak, 1.10)
    # CPU time has other people's caches in it, and the kernel's: what is written, by both sides, needs memory and a disk.
    goal("batch", f"a user's instructions among {SIZES[-1]} against among {COMPARED}", counts[SIZES[-1]] / counts[COMPARED], 1.10)
    file = BUILD / "batch.svg"
    file.write_text(plot("Tokens for many users, one run of oauth-token batch", "users",
                         {"CPU time, seconds": [(size, costs[size].cpu) for size in SIZES],
                          "peak memory, MiB": [(size, costs[size].peak) for size in SIZES]}))
    print(f"\nThe plot is in {file}.")


main()
