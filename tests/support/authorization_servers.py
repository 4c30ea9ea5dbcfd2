"""The two real authorization servers of tests/servers, each instance in a folder of its own.

    with Glewlwyd(tls=True) as server:
        server.token_endpoint, server.ca_file, server.client_id, server.password

The attributes are the KEY='VALUE' lines that the server's script prints, in lower case. OAUTH_TOKEN_BUILD names the
folder in which prepared keys and node modules are kept between instances.
"""

import json
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import urllib.parse

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent / "servers"


class AuthorizationServer:
    """A server process; started on entering the context, ended on leaving it."""

    script = None

    def __init__(self, **environment):
        self._environment = environment
        self._folder = None
        self.values = {}

    def start(self):
        self._folder = tempfile.mkdtemp(prefix="oauth-token-server.")
        try:
            self.values = dict(line.split("=", 1) for line in shlex.split(self._call("start")))
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        if self._folder:
            self._call("stop")
            shutil.rmtree(self._folder)
            self._folder = None

    def log(self):
        return pathlib.Path(self.log_file).read_text(encoding="utf-8", errors="replace")

    def __enter__(self):
        return self.start()

    def __exit__(self, *failure):
        self.stop()

    def __getattr__(self, name):
        values = self.__dict__.get("values", {})
        key = "LOG" if name == "log_file" else name.upper()
        if key not in values:
            raise AttributeError(f"{self.script} says no {key}")
        return values[key]

    def _call(self, mode):
        done = subprocess.run(
            [SCRIPTS / self.script, mode, self._folder],
            env={**os.environ, **self._environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=300,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{self.script} {mode}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode()


class Glewlwyd(AuthorizationServer):
    """Answers refusals with empty bodies; refresh tokens of `issuer` work once, those of `issuer_rolling` for ever."""

    script = "glewlwyd.sh"

    def __init__(self, tls=False):
        super().__init__(TLS="1" if tls else "0")


class OidcProvider(AuthorizationServer):
    """By the book, over https; reuse of a rotated refresh token revokes the session."""

    script = "oidc-provider/start.sh"

    def requests(self, path=None):
        """What the server received so far, oldest first; with `path`, only the requests to that path.

        Each is a dict: method, url, headers (lower-case names), body (text of bytes as Latin-1), form (its decoded
        name-value pairs in order), client_certificate, status.
        """
        lines = pathlib.Path(self.values["REQUESTS"]).read_text(encoding="utf-8").splitlines()
        received = [json.loads(line) for line in lines]
        for request in received:
            request["form"] = urllib.parse.parse_qsl(
                request["body"], keep_blank_values=True, errors="surrogateescape"
            )
        return [r for r in received if path is None or urllib.parse.urlsplit(r["url"]).path == path]

    def forget_requests(self):
        os.truncate(self.values["REQUESTS"], 0)
