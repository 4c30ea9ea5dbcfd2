"""Looks for what is left of secrets in the memory of a running process: every piece of eight bytes, as it was typed,
form-encoded and in base64, in every map that can be written."""

import base64
import os
import secrets
import sys
import urllib.parse

PIECE = 8
PAGE = 4096


AWKWARD = "ä +&%=\"é/:"  # what encodings differ in
AWKWARD_IN_TOKENS = "+/=.~"


def canary(awkward=AWKWARD):
    """A random secret; no two have a piece in common."""
    text = secrets.token_urlsafe(9)
    for character in awkward:
        text += character + secrets.token_urlsafe(6)
    return text.encode()


def forms(secret):
    """The texts that `secret` may have become."""
    yield secret
    yield urllib.parse.quote(secret, safe="").encode()
    yield urllib.parse.quote_plus(secret, safe="").encode()
    for text in {secret, urllib.parse.quote(secret, safe="").encode()}:
        # Behind "id:" it may begin at any of three places in the groups of base64; characters that its neighbours
        # have a part in are left out.
        for shift in range(3):
            encoded = base64.b64encode(b"\0" * shift + text).rstrip(b"=")
            first = -(-shift * 8 // 6)
            last = (shift + len(text)) * 8 // 6
            yield encoded[first:last]
            yield encoded[first:last].replace(b"+", b"-").replace(b"/", b"_")


def pieces(secret):
    return {text[i:i + PIECE] for text in forms(secret) for i in range(len(text) - PIECE + 1)}


def writable_memory(pid):
    """(name of the map, address, bytes) of all memory that can be written and holds more than zeros."""
    try:
        memory = open(f"/proc/{pid}/mem", "rb", buffering=0)
        maps = open(f"/proc/{pid}/maps", encoding="utf-8")
    except PermissionError as error:
        raise PermissionError(f"The memory of process {pid} can be read by root only: run this test as root.") from error
    zeros = bytes(PAGE)
    with memory, maps:
        for line in maps:
            fields = line.split(None, 5)
            if "w" not in fields[1]:
                continue
            name = fields[5].strip() if len(fields) > 5 else "anonymous"
            begin, end = (int(text, 16) for text in fields[0].split("-"))
            memory.seek(begin)
            data = memory.read(end - begin)
            if len(data) != end - begin:
                raise OSError(f"Only {len(data)} of {end - begin} bytes of {name} could be read.")
            first = None  # of a run of pages that hold something
            for offset in range(0, len(data) + PAGE, PAGE):
                empty = data[offset:offset + PAGE] in (zeros, b"")
                if empty and first is not None:
                    yield name, begin + first, data[first:offset]
                    first = None
                elif not empty and first is None:
                    first = offset


def scan(pid, wanted):
    """Finds pieces of the secrets in `wanted` (name to bytes). Returns a list of sentences; empty: nothing is left."""
    looked_for = {name: pieces(secret) for name, secret in wanted.items()}
    numbers = {int.from_bytes(piece, sys.byteorder) for texts in looked_for.values() for piece in texts}
    sentences = []
    searched = 0
    for place, address, data in writable_memory(pid):
        searched += len(data)
        view = memoryview(data)
        found = set()
        for shift in range(PIECE):  # as numbers of eight bytes, which compare a hundred times faster than slices
            whole = (len(data) - shift) // PIECE * PIECE
            found |= numbers.intersection(view[shift:shift + whole].cast("Q"))
        texts = {number.to_bytes(PIECE, sys.byteorder) for number in found}
        for name, own in looked_for.items():
            if own & texts:
                first = address + min(data.find(text) for text in own & texts)
                sentences.append(f"{len(own & texts)} of {len(own)} pieces of {name} in {place} at {first:#x}")
    if searched < 10 * PAGE:
        raise OSError(f"Only {searched} bytes of process {pid} could be searched.")
    return sentences


def require_root():
    if os.geteuid() != 0:
        raise PermissionError("The memory scan reads /proc/PID/mem of a process that is not dumpable: run it as root.")
