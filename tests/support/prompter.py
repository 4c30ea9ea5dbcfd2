"""The person in front of gnome-keyring's dialog, played by libgcr's own mock prompter (libgcr comes with gnome-keyring).

    with Prompter(bus.environment()) as prompter:
        prompter.name                           # for GNOME_KEYRING_TEST_PROMPTER
        prompter.type("password", delay_ms=500)  # what the next dialog is answered with
        prompter.close()
"""

import ctypes
import os
import subprocess
import sys


class Prompter:
    def __init__(self, environment):
        # A process of its own, since libgcr reads the bus from its environment.
        self._process = subprocess.Popen([sys.executable, "-B", __file__], env={**os.environ, **environment},
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.name = self._process.stdout.readline().strip()
        if not self.name:
            raise RuntimeError("libgcr's mock prompter did not start")

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.end()

    def type(self, password, delay_ms=0):
        self._tell(f"type {delay_ms} {password}")

    def close(self, delay_ms=0):
        self._tell(f"close {delay_ms} ")

    def waiting(self):
        """Whether an answer was not asked for."""
        return self._tell("waiting 0 ") == "1"

    def end(self):
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()

    def _tell(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


def main():
    gcr = ctypes.CDLL("libgcr-base-3.so.1")
    gcr.gcr_mock_prompter_start.restype = ctypes.c_char_p
    print(gcr.gcr_mock_prompter_start().decode(), flush=True)
    for line in sys.stdin:
        verb, delay, text = line.rstrip("\n").split(" ", 2)
        if verb != "waiting":
            gcr.gcr_mock_prompter_set_delay_msec(ctypes.c_uint(int(delay)))
        if verb == "type":
            gcr.gcr_mock_prompter_expect_password_ok(ctypes.c_char_p(text.encode()), None)
        elif verb == "close":
            gcr.gcr_mock_prompter_expect_close()
        print(gcr.gcr_mock_prompter_is_expecting(), flush=True)


if __name__ == "__main__":
    main()
