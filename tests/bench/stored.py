"""Goals 5 and 6: a stored token that still lives, and what the keyring module costs whoever does not use it. BUILD ROUNDS"""

import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

BUILD, ROUNDS = pathlib.Path(sys.argv[1]), int(sys.argv[2])
os.environ["OAUTH_TOKEN_PROGRAM"] = str(BUILD / "bin" / "oauth-token")

# pylint: disable=wrong-import-position
from measuring import Run, Table, goal, paired, seen
from ordinary_user import OrdinaryUser, installed_copy
from sealed_sessions import SealedProgram
from server import Server


def ordinary_user(path):
    """Root uses no kernel keyring: in its place, a user that nobody else is, with a share of keys of its own."""
    if os.geteuid() == 0:
        return OrdinaryUser(path, random.SystemRandom().randrange(100_000, 1_000_000_000))
    user = SealedProgram()
    user.path = path
    return user


def own(file, home):
    """The file belongs to whom the home belongs to."""
    owner = os.stat(home)
    os.chown(file, owner.st_uid, owner.st_gid)


class Agent:
    """oidc-agent without a desktop; `environment` tells oidc-token where it is. It keeps what it got in memory only."""

    def __init__(self, user, issuer):
        socket = user.home / "agent"
        self.environment = {"OIDC_SOCK": str(socket)}
        self._process = subprocess.Popen(
            [*user.prefix, "oidc-agent", "--console", "--quiet", "--no-autoload", "--no-webserver", "--no-scheme", "-a", socket],
            env=user.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not socket.exists():
            if self._process.poll() is not None:
                raise RuntimeError("oidc-agent did not start")
            time.sleep(0.01)
        done = subprocess.run(
            [*user.prefix, "oidc-gen", "bench", "--manual", "--no-save", f"--iss={issuer}/", "--client-id=app",
             "--client-secret=secret", "--redirect-uri=", "--scope=openid read", "--flow=password", "--op-username=alice",
             "--op-password=secret", "--prompt=none", "--confirm-default", "--pw-env"],
            env={**user.environment, **self.environment, "OIDC_ENCRYPTION_PW": "unused"}, stdin=subprocess.DEVNULL,
            capture_output=True, timeout=60, check=False)
        if done.returncode != 0:
            self.stop()
            raise RuntimeError(f"oidc-gen: {done.stderr.decode()}")

    def stop(self):
        self._process.terminate()
        self._process.wait()


def stored_token(run, program, configuration, record):
    hit = [program, "token"]
    rows = Table(run).add([
        ("empty C program", [f"{run.folder}/empty"]),
        ("cached token: oidc-token", ["oidc-token", "bench"]),
        ("cached token: oauth-token, kernel keyring", hit),
        ("cached token: floor, C and the same system calls", [f"{run.folder}/floor-stored", configuration, record]),
        ("stored token: oauth-token --no-cache, sealed file", [program, "token", "--no-cache"]),
    ])
    ours, least = (rows[f"cached token: {name}"] for name in ("oauth-token, kernel keyring", "floor, C and the same system calls"))
    for name, limit in (("empty C program", 1.40), ("cached token: oidc-token", 0.70)):
        theirs = rows[name].times
        goal(5, f"stored token, wall against {name.removeprefix('cached token: ')}", paired(ours.times, theirs), limit,
             floor=paired(least.times, theirs))
    goal(5, "stored token, instructions", ours.count / 1e6, 0.60, " M", floor=least.count / 1e6)
    calls = run.system_calls(hit, "keyctl,socket,connect")
    if not any("KEYCTL_READ" in call for call in calls):
        sys.exit("what was measured was no hit in the kernel keyring")
    seen(5, "stored token, no D-Bus call", [call for call in calls if "keyctl" not in call])
    seen(5, "stored token, no OpenSSL mapped", [name for name in run.mapped(hit) if re.match("libcrypto|libssl", name)])


def unused_keyring(run, with_keyring, without_keyring, url):
    words = ["password", "--token-endpoint", url, "--client-id", "app", "--username", "alice", "--password-file",
             str(run.work / "password"), "--store", "none"]
    rows = Table(run).add([("http: oauth-token without its keyring module", [without_keyring, *words]),
                           ("http: oauth-token with it, unused", [with_keyring, *words])])
    ours, theirs = rows["http: oauth-token with it, unused"], rows["http: oauth-token without its keyring module"]
    goal(6, "unused keyring, wall against a build without", paired(ours.times, theirs.times), 1.02)
    goal(6, "unused keyring, instructions against a build without", ours.count / theirs.count, 1.02)


def main():
    # Where any user may run what is measured, wherever the build is.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="oauth-token-bench."))
    folder.chmod(0o755)
    agent = None
    try:
        program = installed_copy(folder / "whole")
        # The module is all that OAUTH_TOKEN_KEYRING=OFF leaves out.
        without_keyring = installed_copy(folder / "without")
        for module in (folder / "without").rglob("oauth_token_keyring.so"):
            module.unlink()
        for name in ("runs", "empty", "floor-stored"):
            shutil.copy2(BUILD / name, folder)
        with ordinary_user(program) as user, Server() as server:
            user.sign_in(server)
            user.run("token")
            (record,) = user.home.rglob("sessions/*.json")
            own(user.file("password", "secret"), user.home)
            agent = Agent(user, server.http)
            run = Run(folder, user.home, ROUNDS, user.prefix, {**user.environment, **agent.environment})
            stored_token(run, program, str(user.home / "config.toml"), str(record))
            unused_keyring(run, program, without_keyring, server.url())
    finally:
        if agent:
            agent.stop()
        shutil.rmtree(folder)


main()
