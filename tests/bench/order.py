"""Writes cli/order.ld anew: which functions a run of the program executes, for the linker to place side by side. BUILD

To be run, as root, when much of the way from the command line to a token has changed; names that no longer exist do no harm.
BUILD is one that has not placed them, for callgrind knows no names outside of .text: cmake -Doauth_token_places_functions=OFF.
"""

import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(sys.argv[1])
os.environ["OAUTH_TOKEN_PROGRAM"] = str(BUILD / "bin" / "oauth-token")

# pylint: disable=wrong-import-position
from ordinary_user import OrdinaryUser, installed_copy
from server import Server

PLACE = pathlib.Path(__file__).resolve().parents[2] / "cli" / "order.ld"
HEAD = """\
/* Written by tests/bench/order.py. The functions that a token at hand takes, and then what a request takes besides, lie side
   by side, not among the others: what is touched is mapped by 64 KiB at a time. 12 of 114 page faults and 6 % of the time
   of a token at hand, 0.8 MiB of the peak of a request. Names that do not exist are passed over. */
SECTIONS
{
  .text.used_first :
  {
    *crt1.o(.text)
    *crtbegin*.o(.text)
    *libc_nonshared.a:*(.text .text.*)
    *(.text.startup .text.startup.*)
    KEEP(*(SORT_NONE(.fini)))
"""
TAIL = """\
  }
}
INSERT BEFORE .text;

/* What is only read begins where a page fault's neighbourhood does: one fault less. */
SECTIONS
{
  .rodata.used_first ALIGN(0x10000) : { *main.cpp.o(.rodata .rodata.*) }
}
INSERT BEFORE .rodata;
"""


def executed(user, command):
    """The mangled names of the program's own functions that ran."""
    with tempfile.NamedTemporaryFile(dir=user.home) as out:
        os.chmod(out.name, 0o666)
        subprocess.run([*user.prefix, "valgrind", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={out.name}", *command],
                       env=user.environment, stdin=subprocess.DEVNULL, capture_output=True, check=True)
        text = out.read().decode()
    objects, functions, found, own = {}, {}, set(), False
    for line in text.splitlines():
        if entry := re.match(r"(c?ob|c?fn)=(\(\d+\))(?: (.*))?", line):
            kind, number, name = entry.groups()
            names = objects if kind.endswith("ob") else functions
            name = names.setdefault(number, name)
            if kind == "ob":
                own = name == command[0]
            elif kind == "fn" and own:
                found.add(name.split("'")[0])
    return found


def patterns(names):
    """Of each function, its parts among them. A constructor's second name is its section's."""
    plain = {name.split(".")[0] for name in names if re.fullmatch(r"[A-Za-z_][\w.]*", name)}
    return sorted(".text." + re.sub(r"([CD])[12](?=[EI])", r"\1[12]", name) + "*" for name in plain)


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="oauth-token-order."))
    folder.chmod(0o755)
    try:
        program = installed_copy(folder)
        with OrdinaryUser(program, random.SystemRandom().randrange(100_000, 1_000_000_000)) as user, Server() as server:
            user.sign_in(server)
            user.run("token")
            at_hand = executed(user, [program, "token"])
            request = executed(user, [program, "password", "--token-endpoint", server.url(), "--client-id", "app", "--username",
                                      "alice", "--password-file", user.key, "--scope", "read", "--store", "none"])
    finally:
        shutil.rmtree(folder)
    lines = [f"    *({pattern})\n" for names in (at_hand, request - at_hand) for pattern in patterns(names)]
    PLACE.write_text(HEAD + "".join(lines) + TAIL)
    print(f"{len(at_hand)} functions for a token at hand, {len(request - at_hand)} more for a request")


main()
