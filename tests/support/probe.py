"""Runs the program http_probe, which sends requests through the library's transport."""

import json
import os
import subprocess

PROGRAM = os.path.join(os.environ.get("OAUTH_TOKEN_BUILD", "build"), "bin", "http_probe")

# What would lead a client elsewhere; a test sets what it needs.
VARIABLES = [name for prefix in ("https", "http", "all", "no") for name in (f"{prefix}_proxy", f"{prefix}_proxy".upper())]
VARIABLES += ["SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "SSLKEYLOGFILE", "OPENSSL_CONF"]


def clean_environment(**more):
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return {**environment, **more}


def arguments(**options):
    """--name=value for each; `header` may be a list."""
    out = []
    for name, value in options.items():
        name = name.replace("_", "-")
        if value is True:
            out.append(f"--{name}")
        elif value is not None and value is not False:
            out += [f"--{name}={item}" for item in (value if isinstance(value, list) else [value])]
    return out


def results(environment=None, **options):
    """All results, a dictionary for each request."""
    done = subprocess.run([PROGRAM, *arguments(**options)], env=environment or clean_environment(),
                          capture_output=True, timeout=60, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"http_probe ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def result(environment=None, **options):
    """The result of one request."""
    (only,) = results(environment, **options)
    return only


class Held:
    """A probe that has dropped everything and stays: `pid` can be scanned, `results` are there."""

    def __init__(self, body, authorization, **options):
        readers = [self._pipe(body), self._pipe(authorization)]
        self.process = subprocess.Popen(
            [PROGRAM, *arguments(hold=True, body_fd=readers[0], authorization_fd=readers[1], **options)],
            env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=readers)
        for reader in readers:
            os.close(reader)
        self.pid = self.process.pid
        self.results = []
        for line in self.process.stdout:
            if line == b"held\n":
                return
            self.results.append(json.loads(line))
        raise RuntimeError(f"http_probe ended with {self.process.wait()}")

    @staticmethod
    def _pipe(text):
        reader, writer = os.pipe()
        os.write(writer, text)
        os.close(writer)
        return reader

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)
