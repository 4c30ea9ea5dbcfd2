#!/usr/bin/env python3
"""Looks at what was installed into a folder, or unpacked from packages: contents.py FOLDER.

Each program and library is hardened as the build promises, and the list of what they are made of (SPDX 2.3) is there, is
well formed and tells the truth. Says what is wrong, and ends with 1. Needs readelf and nm.
"""

import json
import pathlib
import re
import subprocess
import sys

# Of x86 and of ARM: where an indirect jump may arrive (endbr64; bti c, paciasp).
LANDINGS = {"X86-64": (b"\xf3\x0f\x1e\xfa",), "AArch64": (b"\x5f\x24\x03\xd5", b"\x3f\x23\x03\xd5")}
# Whose a library is, by the beginning of its name; what any program of C or C++ needs is the system's.
OWNERS = {
    "libcurl.": "libcurl", "libcrypto.": "openssl", "libssl.": "openssl", "libsecret-1.": "libsecret",
    "libglib-2.0.": "glib", "libgobject-2.0.": "glib", "libgio-2.0.": "glib", "liboauth_token": "",
    "libc.": "", "libm.": "", "ld-linux": "", "libgcc_s.": "", "libstdc++.": "",
}
DOCUMENT_FIELDS = {
    "spdxVersion": r"SPDX-2\.3", "dataLicense": r"CC0-1\.0", "SPDXID": "SPDXRef-DOCUMENT", "name": r"oauth-token-[\d.]+",
    "documentNamespace": r"https://[^#\s]+",
}
PACKAGE_FIELDS = {
    "SPDXID": r"SPDXRef-[A-Za-z0-9.-]+", "name": r"[a-z+-]+", "versionInfo": r"\d[\w.]*", "downloadLocation": "NOASSERTION",
    "licenseConcluded": r"[\w.-]+( WITH [\w.-]+)?", "licenseDeclared": r"[\w.-]+( WITH [\w.-]+)?", "copyrightText": ".+",
}


def output(*command):
    return subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    ).stdout


def binaries(folder):
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def beginnings(path, told, content):
    """The first bytes of functions that are surely ours, and not of a library that was linked in: what is exported, and the
    program's main, where the first instructions of x86 name it."""
    loaded = [[int(number, 16) for number in row] for row in re.findall(r"^ *LOAD +(\w+) (\w+) \w+ (\w+)", told, re.M)]

    def at(address, size):
        return next((content[address - start + offset:][:size] for offset, start, length in loaded
                     if start <= address < start + length), b"")

    exported = re.findall(r"^([0-9a-f]+) T ", output("nm", "-D", "--defined-only", path), re.M)
    entry = int(re.search(r"Entry point address: +(\w+)", told)[1], 16)
    names_main = re.search(rb"\x48\x8d\x3d(....)", at(entry, 64), re.DOTALL) if entry and "X86-64" in told else None
    places = [int(address, 16) for address in exported]
    if names_main:
        places.append(entry + names_main.end() + int.from_bytes(names_main[1], "little", signed=True))
    return {at(place, 4) for place in places}


def hardening(path):
    """What the file lacks, in words."""
    told = output("readelf", "-W", "--file-header", "--program-headers", "--dynamic", path)
    names = output("nm", "-D", "--undefined-only", path)
    content = path.read_bytes()
    found = beginnings(path, told, content)
    marks = next((marks for name, marks in LANDINGS.items() if name in told), None)
    stack = re.search(r"^ *GNU_STACK .* (R?W?E?) +\S+$", told, re.M)
    parts = {
        "independent of its position (PIE)": re.search(r"Type: +DYN", told) and ("/bin/" not in str(path) or "PIE" in told),
        "read-only after relocation (RELRO)": "GNU_RELRO" in told,
        "bound at the start (BIND_NOW)": re.search(r"FLAGS_1.*NOW", told),
        "without a stack that can be executed": stack and "E" not in stack[1],
        "without relocations in its code": "TEXTREL" not in told,
        "without a search path of its own": not re.search(r"\((RPATH|RUNPATH)\)", told),
        "with a stack protector": "__stack_chk_fail" in names,
        "with glibc's checks (_FORTIFY_SOURCE)": re.search(r"__(?!stack)\w+_chk\b", names),
        "with libstdc++'s checks (_GLIBCXX_ASSERTIONS)":
            b"Assertion '%s' failed" in content or "glibcxx_assert_fail" in names,
        "with marked targets of indirect jumps": marks is None or (found or "AArch64" in told) and found <= set(marks),
    }
    return [f"{path}: not {part}" for part, there in parts.items() if not there]


def linked_to(paths):
    """The parts that the dynamic loader brings, as the list names them."""
    needed = {name for path in paths for name in re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-W", "-d", path))}
    owners = {name: next((owner for start, owner in OWNERS.items() if name.startswith(start)), name) for name in needed}
    return set(owners.values()) - {""}


def malformed(what, record, fields):
    return [f"{what}: {name} is {record.get(name)!r}" for name, form in fields.items()
            if not re.fullmatch(form, str(record.get(name, "")))]


def list_of_parts(folder, paths):
    """What is wrong with it, in words."""
    found = list(folder.glob("**/share/oauth-token-*/sbom.spdx.json"))
    if len(found) != 1:
        return [f"{folder}: {len(found)} lists of parts, and not one"]
    document = json.loads(found[0].read_text(encoding="utf-8"))
    made = document["creationInfo"]
    wrong = malformed("the list", document, DOCUMENT_FIELDS)
    wrong += malformed("the list", made, {"created": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"})
    if not made["creators"] or not all(re.match("(Person|Organization|Tool): .", name) for name in made["creators"]):
        wrong.append(f"the list: creators are {made['creators']!r}")
    for package in document["packages"]:
        wrong += malformed(package.get("name", "a part"), package, PACKAGE_FIELDS)
    own, *others = [package["SPDXID"] for package in document["packages"]]
    if len({own, *others}) != len(others) + 1:
        wrong.append("the list: two parts have one SPDXID")
    said = [(row["spdxElementId"], row["relationshipType"], row["relatedSpdxElement"]) for row in document["relationships"]]
    linked = {(own, kind, other) for kind in ("STATIC_LINK", "DYNAMIC_LINK") for other in others}
    if said[0] != ("SPDXRef-DOCUMENT", "DESCRIBES", own) or not linked.issuperset(said[1:]):
        wrong.append("the list: it relates what is not in it, or otherwise than by linking")
    if {row[2] for row in said} != {own, *others}:
        wrong.append("the list: a part is related to nothing")
    listed = {other.removeprefix("SPDXRef-") for _, kind, other in said if kind == "DYNAMIC_LINK"}
    loaded = linked_to(paths)
    if listed != loaded:
        wrong.append(f"the list says that these are linked to: {sorted(listed)}, and they are: {sorted(loaded)}")
    return wrong


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: contents.py FOLDER")
    folder = pathlib.Path(sys.argv[1])
    paths = list(binaries(folder))
    wrong = [] if paths else [f"{folder}: no program and no library"]
    wrong += [line for path in paths for line in hardening(path)] + list_of_parts(folder, paths)
    sys.exit("\n".join(wrong) or None)


main()
