"""What root needs to see how the program fares as an ordinary user, on file systems of its own."""

import os
import pathlib
import shutil
import subprocess
import sys

from sealed_sessions import SealedProgram

USER = 65534
PRIVATE = "OAUTH_TOKEN_PRIVATE_MOUNTS"


def installed_copy(folder):
    """The program and its modules where an ordinary user may run them, wherever the build is."""
    program = pathlib.Path(os.environ["OAUTH_TOKEN_PROGRAM"])
    (folder / "bin").mkdir(parents=True)
    shutil.copy2(program, folder / "bin")
    for module in program.parent.parent.rglob("oauth-token/oauth_token_*.so"):
        place = folder / module.parent.relative_to(program.parent.parent)
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy2(module, place)
    return str(folder / "bin" / program.name)


def as_user(user):
    """What a command begins with that this user is to run. Where only root may pass the root folder, as in a root made by
    hand, no user could run anything: there it may look past the modes of folders and files, and write no more than ever.
    """
    words = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    if not os.stat("/").st_mode & 0o001:
        words += ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    return tuple(words)


class OrdinaryUser(SealedProgram):
    """A home of the user USER, whom setpriv makes the program run as."""

    prefix = as_user(USER)

    def __init__(self, path):
        super().__init__()
        self.path = path
        self.own(self.home)
        self.state = self.state_home / "oauth-token"

    @staticmethod
    def own(folder, user=USER):
        os.chown(folder, user, user)
        for path in folder.rglob("*"):
            os.chown(path, user, user, follow_symlinks=False)


def enter_private_mounts():
    """What the tests mount is gone with them. In a root folder of its own (chroot), mounts cannot be made private."""
    if os.geteuid() != 0 or PRIVATE in os.environ:
        return
    command = ["unshare", "--mount"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode != 0:
        command += ["--propagation", "unchanged"]
    os.environ[PRIVATE] = "1"
    os.execvp(command[0], [*command, sys.executable, "-B", *sys.argv])
