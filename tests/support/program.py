"""Runs the program under test (OAUTH_TOKEN_PROGRAM) in a home of its own, with pipes or on a terminal.

    with Program() as program:
        done = program.run("list", "-o", "json")
        done.status, done.stdout, done.stderr

        with program.terminal("password", "work") as terminal:
            terminal.wait_for("Password")
            terminal.echo()             # False while a secret is asked for
            terminal.type("secret\\n")
            terminal.wait()             # the exit status
"""

import collections
import fcntl
import os
import pathlib
import pty
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time

# `status` is negative for a death by signal, as in subprocess. The texts keep bytes that are no UTF-8 (surrogateescape).
Finished = collections.namedtuple("Finished", "status stdout stderr")

# What the program was built with, such as "address,undefined"; empty without sanitizers.
SANITIZE = os.environ.get("OAUTH_TOKEN_SANITIZE", "")

KEPT_VARIABLES = ("PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "LLVM_PROFILE_FILE")


def text(data):
    return data.decode("utf-8", "surrogateescape")


class Program:
    """A home folder and a small clean environment. Removed with everything in it on leaving the context. `prefix` are words
    before the command, such as setpriv and its options; not on a terminal.
    """

    prefix = ()

    def __init__(self, environment=None):
        self.path = os.environ.get("OAUTH_TOKEN_PROGRAM") or _missing("OAUTH_TOKEN_PROGRAM")
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="oauth-token-home."))
        self.config_home = self.home / "config"
        self.state_home = self.home / "state"
        self.runtime_dir = self.home / "runtime"
        for folder in (self.config_home, self.state_home, self.runtime_dir):
            folder.mkdir(mode=0o700)
        self.environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        self.environment.update(
            HOME=str(self.home),
            LANG="C.UTF-8",
            XDG_CONFIG_HOME=str(self.config_home),
            XDG_STATE_HOME=str(self.state_home),
            XDG_RUNTIME_DIR=str(self.runtime_dir),
            XDG_DATA_HOME=str(self.home / "data"),
            XDG_CACHE_HOME=str(self.home / "cache"),
        )
        self.environment.update(environment or {})

    def close(self):
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()

    def file(self, name, content, mode=0o600):
        """Writes a file into the home folder and returns its path."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return str(path)

    def start(self, *arguments, environment=None, **options):
        """The running program as a subprocess.Popen, with pipes, in a session of its own: it has no terminal."""
        pipes = {name: subprocess.PIPE for name in ("stdin", "stdout", "stderr")}
        return subprocess.Popen(
            [*self.prefix, self.path, *arguments],
            env=self._environment(environment),
            start_new_session=True,
            **{**pipes, **options},
        )

    def run(self, *arguments, input=b"", environment=None, timeout=60, **options):
        """Runs to the end, without a terminal; past `timeout` seconds the program is killed and TimeoutExpired raised."""
        process = self.start(*arguments, environment=environment, **options)
        try:
            out, err = process.communicate(input if isinstance(input, bytes) else input.encode(), timeout)
        finally:
            _kill(process)
        return Finished(process.returncode, text(out or b""), text(err or b""))

    def terminal(self, *arguments, environment=None, **options):
        """The program on a terminal that is its standard input, output and error, as far as `options` do not say
        otherwise (stdin=..., stdout=..., stderr=... as for subprocess.Popen). The terminal controls it in any case.
        """
        return Terminal([self.path, *arguments], self._environment(environment), **options)

    def shell(self, environment=None):
        """An interactive shell on a terminal, for job control; `oauth-token` in it is the program."""
        links = self.home / "bin"
        links.mkdir(exist_ok=True)
        if not (links / "oauth-token").exists():
            (links / "oauth-token").symlink_to(self.path)
        variables = self._environment(environment)
        variables.update(PATH=f"{links}:{variables.get('PATH', os.defpath)}", PS1="ready> ", TERM="dumb")
        return Terminal(["bash", "--norc", "--noprofile", "--noediting", "-i"], variables)

    def _environment(self, more):
        """Of `more`, a value None removes the variable."""
        merged = {**self.environment, **(more or {})}
        return {name: value for name, value in merged.items() if value is not None}


class Terminal:
    """A process on a pseudo terminal; every wait has an end."""

    def __init__(self, command, environment, **options):
        self._master, slave = pty.openpty()

        def take_terminal():
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        try:
            self.process = subprocess.Popen(
                command,
                env=environment,
                start_new_session=True,
                preexec_fn=take_terminal,
                **{"stdin": slave, "stdout": slave, "stderr": slave, **options},
            )
        except BaseException:
            os.close(self._master)
            raise
        finally:
            os.close(slave)
        self.screen = ""
        self._seen = 0
        self._raw = b""

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        _kill(self.process)
        os.close(self._master)

    def type(self, keys):
        os.write(self._master, keys if isinstance(keys, bytes) else keys.encode())

    def wait_for(self, expected, timeout=20):
        """Reads until `expected` stands on the screen, after what an earlier wait_for found; returns all up to there."""
        deadline = time.monotonic() + timeout
        while True:
            found = self.screen.find(expected, self._seen)
            if found >= 0:
                start, self._seen = self._seen, found + len(expected)
                return self.screen[start:self._seen]
            if not self._read(deadline):
                raise AssertionError(f"{expected!r} did not appear; the screen says {self.screen[self._seen:]!r}")

    def wait_until(self, condition, timeout=20):
        """Waits for a condition, such as `lambda: not terminal.echo()`, reading the screen meanwhile."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {timeout} s in vain; the screen says {self.screen!r}")
            self._read(time.monotonic() + 0.02)

    def resize(self, rows, columns):
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def echo(self):
        """Whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=30):
        """Reads to the end and returns the exit status, negative for a death by signal."""
        deadline = time.monotonic() + timeout
        while self._read(deadline):
            pass
        return self.process.wait(max(0.1, deadline - time.monotonic()))

    def _read(self, deadline):
        """Adds to the screen what the process has written; False at the end of it, or of the time."""
        remaining = deadline - time.monotonic()
        if remaining <= 0 or not select.select([self._master], [], [], remaining)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # EIO: nobody has the terminal open any more
            return False
        self._raw += data
        self.screen = self._raw.decode("utf-8", "replace")
        return bool(data)


def _kill(process):
    """Ends what is left of a process and its group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            pipe.close()


def _missing(variable):
    raise RuntimeError(f"{variable} is not set; tests/run.sh (or ctest) sets it")
