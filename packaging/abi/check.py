#!/usr/bin/env python3
"""Compares the binary interface of the C API with the committed one, by libabigail: check.py [--update].

What is compared is a library of empty functions, made from the header alone, with the version script of the real one: it
shows what a program sees, and no type behind a handle. That the real one has the same functions is a test of its own
(tests/c_api_test.py). --update writes the interface down anew when functions were added; what was there must stay.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
HEADER = FOLDER.parent.parent / "include/oauth_token/oauth_token.h"
BASELINE = FOLDER / "liboauth_token_c.abi"


def empty_functions():
    text = re.sub(r"///[^\n]*|/\*.*?\*/", "", HEADER.read_text(encoding="utf-8"), flags=re.S)
    declarations = re.findall(r"OAUTH_TOKEN_API ((?:const )?\w+ \*?)(\w+\([^)]*\));", text)
    bodies = [f"{kind}{rest} {{ {'' if kind == 'void ' else 'return 0; '}}}" for kind, rest in declarations]
    assert len(bodies) == len(re.findall(r"^OAUTH_TOKEN_API", text, re.M)), "a declaration is not understood"
    return "\n".join([f'#include "{HEADER.name}"', *bodies, ""])


def write_interface(folder):
    """The file that describes the interface of the header as it is now."""
    (folder / HEADER.name).write_bytes(HEADER.read_bytes())
    (folder / "empty.c").write_text(empty_functions(), encoding="utf-8")
    library = folder / "liboauth_token_c.so.0"
    subprocess.run(
        ["cc", "-std=c99", "-g", "-shared", "-fPIC", "-fvisibility=hidden", "-w", "-nostdlib", f"-Wl,-soname,{library.name}",
         f"-Wl,--version-script={FOLDER / 'liboauth_token_c.map'}", "-o", library, "empty.c"], cwd=folder, check=True)
    subprocess.run(
        ["abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--no-parameter-names", "--no-architecture",
         "--out-file", folder / "new.abi", library], check=True)
    return folder / "new.abi"


def compare(new, *choices):
    """0: alike."""
    return subprocess.run(["abidiff", *choices, BASELINE, new], check=False).returncode if BASELINE.exists() else 0


def main():
    with tempfile.TemporaryDirectory() as temporary:
        new = write_interface(pathlib.Path(temporary))
        if compare(new, "--no-added-syms"):
            print("The interface may grow, and not change.")
            return 1
        if "--update" not in sys.argv and compare(new):
            print(f"There are new functions; if they are to stay: {sys.argv[0]} --update")
            return 1
        if "--update" in sys.argv:
            text = re.sub(r" path='[^']*'", " path='oauth_token.h'", new.read_text(encoding="utf-8"))
            BASELINE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
