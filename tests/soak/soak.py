"""Runs soak_host, an application, natively and under valgrind, at servers and a keyring that are in trouble, and says
whether anything was lost or left over.

    python3 soak.py MINUTES [--seed N] [--native-only] [--samples FILE]
"""

import argparse
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from authorization_servers import OidcProvider
from certificates import Authority
from fault_server import server_tls
from secret_service import SecretService
from servers import Trouble, TroubledServer
from verdicts import broken_promises, heap_at_rest

WARM_UP = 2  # intervals
BARS = "▁▂▃▄▅▆▇█"
VALGRIND = ["valgrind", "-q", "--fair-sched=yes", "--vgdb=yes", "--vgdb-prefix={folder}/vgdb", "--log-file={folder}/log.%p"]
TOOLS = {  # the command before the program, and what it does a second
    "native": ([], 12.0),
    "massif": ([*VALGRIND, "--tool=massif", "--massif-out-file={folder}/massif.out.%p"], 0.8),
    "memcheck": ([*VALGRIND, "--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=none",
                  "--error-exitcode=99", f"--suppressions={pathlib.Path(__file__).resolve().parent / 'memcheck.supp'}"], 0.8),
}


class Host:
    """A running soak_host in a home of its own; `tool` is one of TOOLS."""

    def __init__(self, tool, folder, environment, options):
        self.tool = tool
        self.folder = pathlib.Path(folder) / tool
        self.state = self.folder / "state"
        self.state.mkdir(parents=True, mode=0o700)
        prefix, self.per_second = TOOLS[tool]
        options = {**options, "state_folder": str(self.state / "oauth-token"), "snapshots": f"{self.folder}/snapshot.",
                   "per_second": options.get("per_second") or self.per_second,
                   "timeout_ms": 2000 if tool == "native" else 20_000}
        self.samples = []
        self.process = subprocess.Popen(
            [*(word.format(folder=self.folder) for word in prefix),
             os.path.join(os.environ["OAUTH_TOKEN_BUILD"], "bin", "soak_host"), json.dumps(options)],
            # What the allocator keeps for a thread would count as live.
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(self.folder), "XDG_STATE_HOME": str(self.state),
                 "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0", **environment},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def begin(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def sample(self):
        """The answer to a command that has one."""
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.tool}: the host ended with {self.process.wait()}")
        sample = json.loads(line)
        sample["files"] = [str(each.relative_to(self.state)) for each in self.state.rglob("*") if each.is_file()]
        if self.tool == "massif":
            sample["live"] = massif_heap(self.folder / f"snapshot.{len(self.samples)}")
        self.samples.append(sample)
        return sample

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        try:
            return self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def findings(self):
        """What memcheck wrote of this process, without its children."""
        lines = (self.folder / f"log.{self.process.pid}").read_text().splitlines()
        return "\n".join(line for line in lines if line.startswith(f"=={self.process.pid}=="))


def massif_heap(snapshot):
    """Live bytes, what the allocator adds included."""
    numbers = dict(re.findall(r"^(mem_heap\w*_B)=(\d+)$", snapshot.read_text(), re.MULTILINE))
    return sum(int(each) for each in numbers.values())


class Soak:
    """One run: `intervals` times `seconds` of work between samples, after some to warm up."""

    def __init__(self, tools, intervals, seconds, seed, real=True, per_second=None, say=print):
        self.tools = tools
        self.intervals = intervals
        self.seconds = seconds
        self.chance = random.Random(seed)
        self.real = real
        self.per_second = per_second
        self.say = say
        self.broken = []
        self.samples = {}  # all that was counted, by tool

    def run(self):
        with tempfile.TemporaryDirectory(prefix="oauth-token-soak.") as folder, SecretService() as keyring:
            authority = Authority(folder)
            tls = server_tls(*authority.certificate("server"))
            with TroubledServer(random.Random(self.chance.random()), tls) as server:
                options = {"faulty": {
                    "token_endpoint": server.url(), "introspection_endpoint": server.url("/introspect"),
                    "revocation_endpoint": server.url("/revoke"), "client_id": "app", "ca_file": authority.file}}
                trouble = Trouble(random.Random(self.chance.random()), keyring, server, max(1, self.seconds / 3))
                if not self.real:
                    self._with_servers(folder, keyring, trouble, options)
                else:
                    with OidcProvider() as provider:
                        options["real"] = {"issuer": provider.issuer, "ca_file": provider.ca_file,
                                           "client_id": "public-client", "username": provider.username,
                                           "password": provider.password}
                        self._with_servers(folder, keyring, trouble, options, provider)
                self.say(f"\nThe server answered {server.served} requests, with faults: {in_words(server.faults)}.")
                self.say(f"Beside that: {in_words(trouble.counts)}.")
        return not self.broken

    def _with_servers(self, folder, keyring, trouble, options, provider=None):
        hosts = []
        try:
            for tool in self.tools:
                hosts.append(Host(tool, folder, keyring.environment(), {
                    **options, "seed": self.chance.getrandbits(32),
                    **({"per_second": self.per_second} if self.per_second else {})}))
            self._ask(hosts, "rest")
            self._work(hosts, trouble, "close", WARM_UP * self.seconds)
            self.say("| minute | " + " | ".join(f"{host.tool}: live KiB, RSS KiB, fds, threads, files" for host in hosts) + " |")
            self.say("|---|" + "---|" * len(hosts))
            for at in range(self.intervals):
                self._work(hosts, trouble, "close" if at + 1 == self.intervals else "rest", self.seconds)
                self.say(f"| {(at + 1 + WARM_UP) * self.seconds / 60:.1f} | " + " | ".join(map(row, hosts)) + " |")
                if provider:
                    provider.forget_requests()
        finally:
            statuses = [host.end() for host in hosts]
        for host, status in zip(hosts, statuses):
            self._judge(host, status)

    def _work(self, hosts, trouble, then, seconds):
        for host in hosts:
            host.begin("work")
        trouble.begin()
        time.sleep(seconds)
        trouble.end()
        self._ask(hosts, then)

    @staticmethod
    def _ask(hosts, command):
        for host in hosts:
            host.begin(command)
        for host in hosts:
            host.sample()

    def _judge(self, host, status):
        self.samples[host.tool] = host.samples
        start, closed, *idle, closed_again = host.samples
        broken = list(broken_promises(start, closed, idle, closed_again, self.seconds / 60, host.tool != "native"))
        if status != 0:
            broken.append(f"the host ended with status {status}")
        if broken and host.tool == "memcheck":
            broken.append(host.findings())
        line = heap_at_rest(idle)
        calls = closed_again["calls"]
        self.say(f"\n{host.tool}: {sum(closed_again['done'].values())} things done ({in_words(closed_again['done'])}).")
        self.say(f"  Calls with a callback: {calls['begun']}, of which {calls['dropped']} dropped with their object, "
                 f"{calls['lost']} lost, {calls['twice']} answered twice. Answers, those of blocking calls too: "
                 f"{calls['succeeded']} tokens and the like, and {in_words(calls['failed'])}.")
        if len(idle) > 3:
            self.say(f"  Live heap at rest, without what goes with kept connections: {curve(line.level)} from "
                     f"{min(line.level):.0f} to {max(line.level):.0f} bytes; {line.slope * 60 / self.seconds:+.0f} a minute, "
                     f"give or take {2 * line.error * 60 / self.seconds:.0f}.")
        self.say(f"  With all objects gone: heap {closed['live']} at first, {closed_again['live']} at last; "
                 f"descriptors {closed['descriptors']}, {closed_again['descriptors']}; "
                 f"threads {', '.join(closed_again['threads'])}; files {len(closed['files'])}, {len(closed_again['files'])}.")
        for each in broken:
            self.say(f"  BROKEN: {each}")
        self.broken += [f"{host.tool}: {each}" for each in broken]


def row(host):
    sample = host.samples[-1]
    return (f"{sample['live'] // 1024}, {sample['VmRSS'] // 1024}, {sample['descriptors']}, "
            f"{len(sample['threads'])}, {len(sample['files'])}")


def in_words(counts):
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())


def curve(values):
    low, high = min(values), max(values)
    return "".join(BARS[round((each - low) * (len(BARS) - 1) / max(1, high - low))] for each in values)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", type=int)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--native-only", action="store_true")
    parser.add_argument("--samples", type=pathlib.Path, help="a file for all that was counted, in JSON")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and leave no server behind
    print(f"{options.minutes} minutes, seed {options.seed}", flush=True)
    tools = ["native"] if options.native_only else list(TOOLS)
    soak = Soak(tools, max(2, options.minutes - WARM_UP), 60, options.seed, say=lambda *words: print(*words, flush=True))
    flat = soak.run()
    if options.samples:
        options.samples.write_text(json.dumps(soak.samples))
    print("\nFlat: nothing was lost, nothing is left over." if flat else "\nNot flat.")
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
