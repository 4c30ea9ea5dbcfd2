"""KeePassXC as the Secret Service, on a bus, a display (Xvfb) and with a database of its own.

    with KeePassXC() as keyring:
        program.run("list", environment=keyring.environment())

What SecretService can do, this can; but `unlock` needs its dialog. `start_provider(unlocked=False)` starts it with the
database shut.
"""

import subprocess
import time

from display import Display
from secret_service import SecretService

CONFIGURATION = """[General]
ConfigVersion=2
UpdateCheckMessageShown=true

[GUI]
CheckForUpdates=false

[FdoSecrets]
Enabled=true
ShowNotification=false
ConfirmAccessItem=false
ConfirmDeleteItem=false
"""

# The group that the Secret Service shows is named in the database itself; no command but import sets that.
DATABASE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<KeePassFile><Meta><DatabaseName>tests</DatabaseName><CustomData><Item>
<Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{00112233-4455-6677-8899-aabbccddeeff}</Value>
</Item></CustomData></Meta><Root><Group>
<UUID>ABEiM0RVZneImaq7zN3u/w==</UUID><Name>Root</Name>
</Group></Root></KeePassFile>
"""


class KeePassXC(SecretService):
    def __init__(self):
        super().__init__()
        self._display = None

    @property
    def database(self):
        return self._folder / "tests.kdbx"

    def end(self):
        self.kill()
        if self._display:
            self._display.end()
            self._display = None
        super().end()

    def start_provider(self, unlocked=True):
        if not self._display:
            self._display = Display()
            self._make_database()
        self._provider = subprocess.Popen(
            ["keepassxc", "--config", self._folder / "keepassxc.ini", "--localconfig", self._folder / "local.ini",
             *(["--pw-stdin"] if unlocked else []), self.database],
            env=self._own_environment(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if unlocked:
            self._provider.stdin.write(self.password.encode() + b"\n")
        self._provider.stdin.close()
        self._wait("KeePassXC", self._provider, lambda: self._shows(locked=not unlocked))

    def written(self):
        """The database as it is on disk."""
        return self.database.read_bytes()

    def dialog(self):
        """The window that asks for the database's password, or an empty text."""
        return self._display.run("xdotool", "search", "--name", "^Unlock Database").strip()

    def unlock(self):
        """The person in front of that dialog types the password."""
        self._display.run("xdotool", "windowfocus", "--sync", self.dialog(), "type", "--delay", "5", self.password)
        self._display.run("xdotool", "key", "Return")

    def lock(self):
        self._call("org.keepassxc.KeePassXC.MainWindow.lockAllDatabases", path="/keepassxc",
                   destination="org.keepassxc.KeePassXC.MainWindow")
        deadline = time.monotonic() + 20
        while not self._shows(locked=True):
            if time.monotonic() > deadline:
                raise RuntimeError("KeePassXC did not lock its database within 20 seconds")
            time.sleep(0.01)

    def _shows(self, locked):
        """The database's collection is there, in that state."""
        try:
            known = self._call("org.freedesktop.Secret.Service.ReadAlias", "string:default")
            return "/collection/" in known and self.locked() == locked
        except RuntimeError:
            return False

    def _make_database(self):
        (self._folder / "keepassxc.ini").write_text(CONFIGURATION, encoding="ascii")
        source = self._folder / "tests.xml"
        source.write_text(DATABASE, encoding="ascii")
        twice = f"{self.password}\n{self.password}\n"
        subprocess.run(["keepassxc-cli", "import", "--quiet", "--set-password", "--decryption-time", "100", source,
                        self.database], env=self._own_environment(), input=twice, text=True, capture_output=True,
                       check=True, timeout=60)

    def _own_environment(self):
        return {**self.own_environment(), **self._display.environment(), "QT_QPA_PLATFORM": "xcb"}
