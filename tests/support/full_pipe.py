"""Holds a program up at the moment it writes, without a hook in it."""

import fcntl
import os
import time


class FullPipe:
    """A pipe whose writer has to wait until somebody reads."""

    def __enter__(self):
        self.reading, self.writing = os.pipe()
        fcntl.fcntl(self.writing, fcntl.F_SETPIPE_SZ, 4096)
        os.write(self.writing, b"." * 4096)
        return self

    def __exit__(self, *failure):
        os.close(self.reading)
        os.close(self.writing)


def wait_until(condition, what, timeout=20):
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s in vain for {what}")
        time.sleep(0.01)


def wait_until_held_up(process):
    """Until the process waits for somebody to read a full pipe."""
    def waits_in_write():
        if process.poll() is not None:
            raise AssertionError(f"the program ended with status {process.returncode} before it wrote")
        with open(f"/proc/{process.pid}/wchan", encoding="ascii") as file:
            return "pipe_w" in file.read()

    wait_until(waits_in_write, "the program to wait in write(2)")
