"""A screen that nobody sees (Xvfb), and one window on it that is typed into and looked at.

    with Display() as display:
        program = subprocess.Popen([...], env={**display.environment(), ...})
        window = display.window(program)
        window.type("alice\\tsecret\\n")
        window.wait_for_title("^Signed in")
        window.screenshot("signed-in.png")
"""

import os
import re
import subprocess
import time


class Display:
    def __init__(self, size="800x600"):
        reader, writer = os.pipe()
        try:
            self._xvfb = subprocess.Popen(
                # With -noreset, it does not start anew, refusing connections, when the last program has left.
                ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[writer])
            os.close(writer)
            writer = -1
            with os.fdopen(reader) as numbers:
                number = numbers.readline().strip()  # when it accepts connections
        finally:
            if writer >= 0:
                os.close(writer)
                os.close(reader)
        if not number:
            raise RuntimeError(f"Xvfb ended with status {self._xvfb.wait()} instead of starting")
        self.name = f":{number}"

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.end()

    def end(self):
        self._xvfb.terminate()
        self._xvfb.wait(20)

    def environment(self):
        return {"DISPLAY": self.name}

    def run(self, *command):
        """What the command writes; its status does not count."""
        return subprocess.run(command, env={**os.environ, **self.environment()}, capture_output=True, text=True,
                              timeout=20, check=False).stdout

    def window(self, process, seconds=30):
        """The window of the process, once it is there."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"the program ended with status {process.returncode} instead of showing a window")
            found = self.run("xdotool", "search", "--onlyvisible", "--pid", str(process.pid)).split()
            if found:
                return Window(self, found[-1])
            time.sleep(0.05)
        raise RuntimeError(f"there is no window after {seconds} seconds")


class Window:
    def __init__(self, display, number):
        self._display = display
        self._number = number

    def title(self):
        return self._display.run("xdotool", "getwindowname", self._number).strip()

    def wait_for_title(self, pattern, seconds=20):
        """The title, once `pattern` is found in it."""
        deadline = time.monotonic() + seconds
        while not re.search(pattern, title := self.title()):
            if time.monotonic() > deadline:
                raise AssertionError(f"the window says {title!r}, and not {pattern!r}, after {seconds} seconds")
            time.sleep(0.02)
        return title

    def focus(self):
        """There is no window manager that would."""
        if self._display.run("xdotool", "getwindowfocus").strip() != self._number:
            self._display.run("xdotool", "windowfocus", "--sync", self._number)

    def type(self, text):
        self.focus()
        # For a character that no key has, xdotool changes the keys' meaning for as long as the delay: the program must have
        # seen the key by then.
        self._display.run("xdotool", "type", "--delay", "100" if text.isascii() else "400", text)

    def press(self, *keys):
        self.focus()
        self._display.run("xdotool", "key", "--delay", "20", *keys)

    def screenshot(self, path):
        self._display.run("import", "-window", self._number, "+dither", "-colors", "64", "-strip", f"png8:{path}")
