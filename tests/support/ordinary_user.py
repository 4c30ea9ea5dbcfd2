"""What root needs to see how the program fares as an ordinary user, on file systems of its own."""

import atexit
import functools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from sealed_sessions import SealedProgram

USER = 65534
PRIVATE = "OAUTH_TOKEN_PRIVATE_MOUNTS"


def installed_copy(folder):
    """The program and its modules where an ordinary user may run them, wherever the build is."""
    program = pathlib.Path(os.environ["OAUTH_TOKEN_PROGRAM"])
    (folder / "bin").mkdir(parents=True)
    shutil.copy2(program, folder / "bin")
    for module in program.parent.parent.rglob("oauth-token-*/oauth_token_*.so"):
        place = folder / module.parent.relative_to(program.parent.parent)
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy2(module, place)
    return str(folder / "bin" / program.name)


def as_user(user):
    """What a command begins with that this user is to run."""
    words = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups")
    return words if os.stat("/").st_mode & 0o001 else (*root_to_pass(), *words)


@functools.cache
def root_to_pass():
    """Where only root may pass the root folder, as in one that was made by hand, no user could run anything. What a command
    begins with that is to see the same folders in a root folder that everybody may pass; the mounts end with the command."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="oauth-token-root."))
    root.chmod(0o755)
    atexit.register(os.rmdir, root)
    folders = []
    for entry in os.scandir("/"):
        if entry.is_symlink():
            (root / entry.name).symlink_to(os.readlink(entry.path))
            atexit.register(os.unlink, root / entry.name)
        elif entry.is_dir():
            (root / entry.name).mkdir()
            atexit.register(os.rmdir, root / entry.name)
            folders.append(entry.name)
    folders.sort(key=lambda name: name != "tmp")  # first, for the rest is mounted below it
    bind = " && ".join(f"mount --rbind /{name} {root}/{name}" for name in folders)
    return ("unshare", "--mount", "--propagation", "unchanged", "sh", "-c", f'{bind} && exec chroot {root} "$@"', "sh")


class OrdinaryUser(SealedProgram):
    """A home of the user USER, or another one, whom setpriv makes the program run as."""

    prefix = as_user(USER)

    def __init__(self, path, user=USER):
        super().__init__()
        self.path = path
        self.prefix = as_user(user)
        self.own(self.home, user)
        self.state = self.state_home / "oauth-token"

    @staticmethod
    def own(folder, user=USER):
        os.chown(folder, user, user)
        for path in folder.rglob("*"):
            os.chown(path, user, user, follow_symlinks=False)


class InstalledProgramCase(unittest.TestCase):
    """`path` is a program that any user may run."""

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise PermissionError("Only root can become another user: run this test as root.")
        super().setUpClass()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="oauth-token-installed."))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.folder.chmod(0o755)
        cls.path = installed_copy(cls.folder)


def enter_private_mounts():
    """What the tests mount is gone with them. In a root folder of its own (chroot), mounts cannot be made private."""
    if os.geteuid() != 0 or PRIVATE in os.environ:
        return
    command = ["unshare", "--mount"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode != 0:
        command += ["--propagation", "unchanged"]
    os.environ[PRIVATE] = "1"
    os.execvp(command[0], [*command, sys.executable, "-B", *sys.argv])
