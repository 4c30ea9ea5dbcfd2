"""A D-Bus session bus of its own, with or without a gnome-keyring behind it; nobody's real keyring is touched.

    with SecretService() as keyring:
        program.run("list", environment=keyring.environment())

`SecretService(provider=False)` is a bus on which nobody offers the Secret Service. `no_bus(folder)` is the environment of
a machine without any bus.
"""

import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

# It starts nothing on demand, neither a provider nor a dialog.
BUS_CONFIGURATION = pathlib.Path(__file__).resolve().parent / "session-bus.conf"
DEFAULT_COLLECTION = "/org/freedesktop/secrets/aliases/default"


def no_bus(folder):
    """The environment of a machine without D-Bus; `folder`, empty, stands for the runtime folder."""
    return {"XDG_RUNTIME_DIR": str(folder)}


class SecretService:
    """The bus and, with `provider`, an unlocked gnome-keyring on it whose default collection has `password`."""

    def __init__(self, password="keyring password", unlocked=True, provider=True):
        self.password = password
        self._unlocked = unlocked
        self._wants_provider = provider
        self._bus = None
        self._provider = None
        self._folder = None

    def start(self):
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="oauth-token-keyring."))
        try:
            for name in ("runtime", "data", "config", "cache"):
                (self._folder / name).mkdir(mode=0o700)
            self._start_bus()
            if self._wants_provider:
                self.start_provider()
                if not self._unlocked:
                    self.lock()
        except BaseException:
            self.end()
            raise
        return self

    def end(self):
        self.kill()
        if self._bus:
            _end(self._bus)
            self._bus = None
        if self._folder:
            shutil.rmtree(self._folder)
            self._folder = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *failure):
        self.end()

    def environment(self):
        """What a program needs to find this bus, and only this one."""
        return {
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self._folder}/bus",
            "XDG_RUNTIME_DIR": str(self._folder / "runtime"),
        }

    def lock(self):
        self._call("org.freedesktop.Secret.Service.Lock", f"array:objpath:{DEFAULT_COLLECTION}")

    def unlock(self):
        """As the login screen does it: the password over the daemon's control socket."""
        secret = self.password.encode()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.settimeout(10)
            control.connect(str(self._folder / "runtime/keyring/control"))
            control.sendall(b"\0" + struct.pack(">III", 12 + len(secret), 1, len(secret)) + secret)
            answer = control.recv(8)
        if answer != struct.pack(">II", 8, 0):
            raise RuntimeError(f"gnome-keyring did not unlock: {answer!r}")

    def locked(self):
        reply = self._call(
            "org.freedesktop.DBus.Properties.Get",
            "string:org.freedesktop.Secret.Collection",
            "string:Locked",
            path=DEFAULT_COLLECTION,
        )
        return "boolean true" in reply

    def stop(self):
        """The provider hangs: it keeps its name on the bus and answers nothing."""
        self._provider.send_signal(signal.SIGSTOP)

    def cont(self):
        self._provider.send_signal(signal.SIGCONT)

    def kill(self):
        """The provider dies without a farewell; `start_provider` starts it again on the same keyring files."""
        if self._provider:
            self._provider.kill()
            self._provider.wait()
            self._provider = None

    def lose_bus(self):
        """The bus dies, and the provider with it; `return_bus` starts both again."""
        self.kill()
        _end(self._bus)
        (self._folder / "bus").unlink(missing_ok=True)

    def return_bus(self):
        self._start_bus()
        self.start_provider()

    @property
    def files(self):
        """The folder in which the provider keeps its keyrings."""
        return self._folder / "data" / "keyrings"

    def start_provider(self, program="gnome-keyring-daemon", **environment):
        # Started where another one was just killed, gnome-keyring fails an assertion of its own at times.
        for left in reversed(range(5)):
            self._provider = subprocess.Popen(
                [program, "--foreground", "--unlock", "--components=secrets"],
                env={**self.own_environment(), **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                self._provider.stdin.write(self.password.encode())
                self._provider.stdin.close()
                self._wait("gnome-keyring", self._provider, self._serves)
                return
            except (RuntimeError, BrokenPipeError):
                if not left or self._provider.poll() != -signal.SIGABRT:
                    raise

    def _start_bus(self):
        self._bus = subprocess.Popen(
            ["dbus-daemon", "--nofork", "--nopidfile", "--nosyslog", f"--config-file={BUS_CONFIGURATION}",
             f"--address=unix:path={self._folder}/bus"],
            env=self.own_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait("dbus-daemon", self._bus, (self._folder / "bus").is_socket)

    def own_environment(self):
        """What the provider itself runs with: its home holds the keyring files."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(self._folder),
            "XDG_DATA_HOME": str(self._folder / "data"),
            "XDG_CONFIG_HOME": str(self._folder / "config"),
            "XDG_CACHE_HOME": str(self._folder / "cache"),
            **self.environment(),
        }

    def _serves(self):
        try:
            return not self.locked()
        except RuntimeError:
            return False

    def _wait(self, name, process, ready):
        deadline = time.monotonic() + 20
        while not ready():
            if process.poll() is not None:
                raise RuntimeError(f"{name} ended with status {process.returncode} instead of starting")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{name} is not ready after 20 seconds")
            time.sleep(0.01)

    def _call(self, method, *arguments, path="/org/freedesktop/secrets", destination="org.freedesktop.secrets"):
        done = subprocess.run(
            ["dbus-send", "--session", "--print-reply", "--reply-timeout=10000", f"--dest={destination}",
             path, method, *arguments],
            env=self.own_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return done.stdout


def _end(process):
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
