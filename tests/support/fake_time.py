"""Another time of day for the program: libfaketime, for the wall clock alone.

    program.run("token", environment=fake_time("+2h"))

`FakeClock` is a clock that tests and programs read from one file, so that it can be set while they run.
"""

import glob
import os
import tempfile
import time


def fake_time(when):
    """The environment of a process whose clock is `when`, as faketime(1) understands it."""
    return {"LD_PRELOAD": _library(), "FAKETIME": when, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


class FakeClock:
    """A clock that stands still until it is set; `read` tells its seconds since 1970."""

    def __init__(self, seconds):
        self._folder = tempfile.TemporaryDirectory(prefix="oauth-token-clock.")
        self._file = os.path.join(self._folder.name, "now")
        self.set(seconds)

    def set(self, seconds):
        self._now = seconds
        with open(self._file + ".new", "w", encoding="ascii") as file:
            file.write(time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds)) + "\n")
        os.replace(self._file + ".new", self._file)

    def advance(self, seconds):
        self.set(self._now + seconds)

    def read(self):
        return self._now

    def environment(self):
        variables = fake_time("")
        del variables["FAKETIME"]
        return {**variables, "FAKETIME_TIMESTAMP_FILE": self._file, "FAKETIME_NO_CACHE": "1", "TZ": "UTC"}

    def close(self):
        self._folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _library():
    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not found:
        raise RuntimeError("libfaketime is missing: tests/support/install-packages.sh tests")
    return found[0]
