"""What a run costs, the tables, and the goals: a line "goal N: ..." says a figure, its limit, and whether it is met; beside
it what the programs in floor/ need, the least that could do the same here."""

import os
import pathlib
import re
import statistics
import subprocess

from server import token_response

def callgrind(words, environment, prefix=(), **given):
    """The instructions that the words executed, for which `given` has their input."""
    counted = subprocess.run([*prefix, "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *words], env=environment,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, **given).stderr
    collected = re.search(rb"Collected : (\d+)", counted)
    if not collected:
        raise RuntimeError(f"callgrind did not count {words[0]}: {counted.decode()}")
    return int(collected.group(1))


class Run:
    """How commands are run: `folder` has the programs `runs` and `empty`, `prefix` comes before each, such as setpriv."""

    def __init__(self, folder, work, rounds, prefix=(), environment=None):
        self.folder, self.work, self.rounds, self.prefix = folder, pathlib.Path(work), rounds, prefix
        self.environment = environment or {"PATH": os.environ["PATH"], "HOME": str(work), "LANG": "C.UTF-8"}

    def take_turns(self, commands, rounds):
        """For each command the wall times of its runs in ms, the median of their CPU times in ms and of their peaks in MiB."""
        words = []
        for command in commands:
            words += [",", *command] if words else command
        out = subprocess.run([*self.prefix, f"{self.folder}/runs", str(rounds), *words], env=self.environment,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
        lines = [[tuple(map(int, word.split(":"))) for word in line.split()] for line in out.stdout.decode().splitlines()]
        return [([time / 1e6 for time, _, _ in column], statistics.median(cpu for _, cpu, _ in column) / 1e6,
                 statistics.median(peak for _, _, peak in column) / 1024) for column in zip(*lines)]

    def instructions(self, command):
        """Executed by the command; of a pipe, by both sides, the second of which reads a token response."""
        if "|" in command:
            pipe = command.index("|")
            return self.instructions(command[:pipe]) + self.instructions(command[pipe + 1:])
        return callgrind(_words(command), self.environment, self.prefix, input=token_response().encode())

    def mapped(self, command):
        """The shared libraries that a run of the command loaded, by name."""
        text = self._once(["env", "LD_DEBUG=files", *_words(command)]).decode(errors="replace")
        return set(re.findall(r"file=(?:\S*/)?(\S+?\.so\S*) ", text))

    def system_calls(self, command, names):
        """The lines of strace."""
        return self._once(["strace", "-f", "-qq", "-e", f"trace={names}", *_words(command)]).decode(errors="replace").splitlines()

    def _once(self, words):
        """What it wrote to standard error."""
        return subprocess.run([*self.prefix, *words], env=self.environment, input=token_response().encode(),
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False).stderr


def _words(command):
    return command[1:] if command[0].startswith("status=") else command


class Row:
    def __init__(self, times, peak, count):
        self.times, self.peak, self.count = times, peak, count


class Table:
    """Rows of one group, each compared with the group's first row. They take so many turns that ratios that differ by a few
    per cent can be told apart; `slow` ones, which differ by far more, a fifth, and their instructions are not counted."""

    def __init__(self, run, slow=False):
        self.run, self.slow, self.rounds = run, slow, run.rounds * (1 if slow else 5)
        print(f"\n| whole process, median of {self.rounds} | wall ms | ratio | CPU ms | instructions | ratio | peak MiB |")
        print("|---|---|---|---|---|---|---|")

    def add(self, named):
        """The rows by name."""
        names, commands = zip(*named)
        rows = {}
        for name, command, (times, cpu, peak) in zip(names, commands, self.run.take_turns(commands, self.rounds)):
            count = None if self.slow else self.run.instructions(command)
            rows[name] = row = Row(times, peak, count)
            first = rows[names[0]]
            counted = f"{count / 1e6:.2f} M | {count / first.count:.2f}" if count else " | "
            print(f"| {name} | {statistics.median(times):.2f} | {paired(times, first.times):.2f} | {cpu:.2f} | {counted} | {peak:.1f} |",
                  flush=True)
        return rows


def paired(ours, theirs):
    """The median of the ratios, pair by pair."""
    return statistics.median(a / b for a, b in zip(ours, theirs))


def goal(number, what, figure, limit, unit=" x", at_least=False, floor=None):
    met = round(figure, 3) >= limit if at_least else round(figure, 3) <= limit
    verdict = "met" if met else "NOT MET, and the floor here is above the goal" if floor and floor > limit else "NOT MET"
    bound = "at least " if at_least else ""
    least = f", floor here {floor:.2f}{unit}" if floor else ""
    print(f"goal {number}: {what}: {figure:.2f}{unit}, goal {bound}{limit:.2f}{unit}{least}: {verdict}", flush=True)


def seen(number, what, against):
    """A goal of the kind "none of these": `against` are those that were seen all the same."""
    print(f"goal {number}: {what}: {'NOT MET: ' + ', '.join(against) if against else 'met'}", flush=True)


def unmeasured(number, why):
    print(f"goal {number}: not measured here: {why}", flush=True)
