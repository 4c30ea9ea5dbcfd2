#!/usr/bin/env python3
"""Breaks the code in one place at a time and sees whether a test notices.

    tests/mutation/run.py [--only NAME]... [--quick] [--least PERCENT]     default: all of mutations.txt, 90
    tests/mutation/run.py --list        names and places
    tests/mutation/run.py --check       only whether each text is still in its file, and there once

The work is done in a copy of the project in build/mutation. Tests run until one fails: those that the table names, then
the unit tests whose name or text has to do with the file, then all others, the program's last. What a test says without
a mutation counts for nothing: one that fails then, too, is left out. A mutation that survives costs a run of all tests:
with --quick the first two groups have to do, and what they miss others may see.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
TABLE = pathlib.Path(__file__).with_name("mutations.txt")
COPY = TOP / "build/mutation"
BUILD = COPY / "build"
LONGEST_TEST = 300
# All that program tests start or load.
PROGRAM = ["oauth-token", "oauth_token_http", "oauth_token_crypto", "oauth_token_keyring", "oauth_token_c",
           "oauth_token_shared_library", "ask", "http_probe", "token_probe", "store_probe", "key_probe", "host_probe",
           "c_probe", "cost_probe", "soak_host"]
# These look at the project's own text, packages or time, or have a build of their own: none sees what the code does.
BLIND = {"packaging_test", "subproject_test", "desktop_test", "ci_examples_test", "mutation_table_test", "month_test"}
LINKED = ("EXE", "MODULE", "SHARED")  # again and again, which takes half the time with symbols for a debugger
# What is broken may leave something unused, which is no reason not to compile.
UNUSED = "".join(f'#pragma GCC diagnostic ignored "-Wunused-{what}"\n'
                 for what in ("function", "parameter", "variable", "const-variable", "but-set-variable"))


class NoCode(Exception):
    """What the compiler refuses shows nothing of the tests."""


class Mutation:
    def __init__(self, name, lines):
        self.name = name
        self.file = lines[0]
        self.old = "\n".join(line[1:] for line in lines[1:] if line.startswith("-"))
        self.new = "\n".join(line[1:] for line in lines[1:] if line.startswith("+"))
        self.first = [word for line in lines if line.startswith("by ") for word in line.split()[1:]]

    def fault(self):
        """Why the table no longer fits the code; None if it does."""
        path = TOP / self.file
        count = path.read_text(encoding="utf-8").count(self.old) if path.exists() and self.old else 0
        return None if count == 1 else f"{self.name}: {self.file} has the text {count} times, not once"

    def apply(self):
        """Returns what undoes it."""
        path = COPY / self.file
        whole = path.read_text(encoding="utf-8")
        path.write_text(UNUSED + whole.replace(self.old, self.new), encoding="utf-8")
        return lambda: path.write_text(whole, encoding="utf-8")


def mutations():
    blocks = re.split(r"^== ", TABLE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return [Mutation(name, [line for line in rest.split("\n") if line and not line.startswith("#")])
            for name, rest in (block.split("\n", 1) for block in blocks)]


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          check=False, **options)


def prepare():
    """The copy is what is there now, committed or not; what did not change keeps its time, and is not built again."""
    COPY.mkdir(parents=True, exist_ok=True)
    listed = subprocess.run(["git", "-C", str(TOP), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            check=True, stdout=subprocess.PIPE).stdout
    wanted = {name for name in listed.decode().split("\0") if name and (TOP / name).exists()}
    for name in wanted:
        source, target = TOP / name, COPY / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.write_bytes(source.read_bytes())
        target.chmod(source.stat().st_mode)
    for target in [path for path in COPY.rglob("*") if path.is_file() and BUILD not in path.parents]:
        if str(target.relative_to(COPY)) not in wanted:
            target.unlink()
    # As tests/run.sh does in CI, so that ccache may know the objects.
    made = run("cmake", "-S", str(COPY), "-B", str(BUILD), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
               "-DOAUTH_TOKEN_WERROR=ON", *(f"-DCMAKE_{kind}_LINKER_FLAGS=-Wl,--strip-debug" for kind in LINKED),
               f"-DCMAKE_CXX_COMPILER_LAUNCHER={shutil.which('ccache') or ''}")
    if made.returncode:
        sys.exit(made.stdout)


def build(jobs, targets):
    done = run("ninja", "-C", str(BUILD), "-j", str(jobs), *targets)
    return None if done.returncode == 0 else done.stdout


def all_tests():
    """Unit tests and program tests, as ctest knows them."""
    def labelled(label):
        listed = run("ctest", "--test-dir", str(BUILD), "-N", "-L", f"^{label}$").stdout
        return set(re.findall(r"Test +#\d+: (\S+)", listed)) - BLIND
    return labelled("unit"), labelled("program")


def near(test, mutation):
    """Whether a unit test has to do with the file: by its name, or since it includes the header."""
    source = COPY / "tests" / f"{test}.cpp"
    stem = pathlib.PurePath(mutation.file).stem
    return stem in test or (source.exists() and f"{stem}.hpp" in source.read_text(encoding="utf-8"))


def notices(test, units, jobs):
    """The test, when it does."""
    targets = [test] if test in units else PROGRAM
    if (fault := build(jobs, targets)) is not None:
        raise NoCode(next((line for line in fault.splitlines() if "error" in line), "it cannot be built"))
    done = run("ctest", "--test-dir", str(BUILD), "-R", f"^{test}$", "--timeout", str(LONGEST_TEST), "--no-tests=error")
    return None if done.returncode == 0 else test


class Campaign:
    def __init__(self, jobs, is_quick):
        self.units, self.programs = all_tests()
        self.jobs = jobs
        self.is_quick = is_quick
        self.sound = set()  # tests that pass without a mutation

    def who_notices(self, mutation):
        """A test; None where nobody does."""
        while (seen := self._try(mutation)) in (self.units | self.programs) - self.sound:
            if notices(seen, self.units, self.jobs) is None:
                self.sound.add(seen)
                return seen
            print(f"{seen} fails without a mutation, too, and is left out")
            self.units.discard(seen)
            self.programs.discard(seen)
        return seen

    def _try(self, mutation):
        known = [test for test in mutation.first if test in self.units | self.programs]
        close = sorted(test for test in self.units - set(known) if near(test, mutation))
        others = sorted(self.units - set(known) - set(close)) + sorted(self.programs - set(known))
        undo = mutation.apply()
        try:
            tests = known + close + ([] if self.is_quick else others)
            return next((seen for test in tests if (seen := notices(test, self.units, self.jobs))), None)
        finally:
            undo()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="NAME")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--least", type=float, default=90, metavar="PERCENT")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    table = mutations()
    if asked.list:
        print("\n".join(f"{mutation.name}  {mutation.file}" for mutation in table))
        return 0
    faults = [fault for mutation in table if (fault := mutation.fault())]
    if faults or asked.check:
        print("\n".join(faults) or f"{len(table)} mutations fit the code")
        return 1 if faults else 0
    chosen = [mutation for mutation in table if not asked.only or mutation.name in asked.only]
    prepare()
    campaign = Campaign(asked.jobs, asked.quick)
    survivors = []
    for mutation in chosen:
        began = time.monotonic()
        try:
            seen = campaign.who_notices(mutation)
            came = "SURVIVED" if seen is None else "killed  "
        except NoCode as fault:
            seen, came = None, f"NO CODE ({fault})"
        if seen is None:
            survivors.append(mutation.name)
        print(f"{came}  {mutation.name}  {seen or ''}  ({time.monotonic() - began:.0f} s)", flush=True)
    score = 100 * (len(chosen) - len(survivors)) / len(chosen)
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} noticed: {score:.0f} %")
    return 0 if score >= asked.least else 1


sys.exit(main())
