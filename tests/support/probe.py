"""Runs the program http_probe, which sends requests through the library's transport."""

import json
import os
import subprocess

PROGRAM = os.path.join(os.environ.get("OAUTH_TOKEN_BUILD", "build"), "bin", "http_probe")

# What would lead a client elsewhere; a test sets what it needs.
VARIABLES = [name for prefix in ("https", "http", "all", "no") for name in (f"{prefix}_proxy", f"{prefix}_proxy".upper())]
VARIABLES += ["SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "SSLKEYLOGFILE", "OPENSSL_CONF"]

ALWAYS = {}  # options of every request


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
    done = subprocess.run([PROGRAM, *arguments(**ALWAYS, **options)], env=environment or clean_environment(),
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

    def __init__(self, command, *secrets, environment=None, seen=lambda result: None):
        """`command` gets the numbers of the descriptors that `secrets` can be read from, and returns the arguments; `seen` is
        called with each result when it comes."""
        readers = [self._pipe(secret) for secret in secrets]
        self.process = subprocess.Popen(command(*readers), env=environment or clean_environment(), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, pass_fds=readers)
        for reader in readers:
            os.close(reader)
        self.pid = self.process.pid
        self.results = []
        self.seen = seen
        self._read_on()

    def _read_on(self):
        for line in self.process.stdout:
            if line == b"held\n":
                return
            self.results.append(json.loads(line))
            self.seen(self.results[-1])
        raise RuntimeError(f"The probe ended with {self.process.wait()}")

    def go_on(self):
        """To the next time that a probe with several stays."""
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        self._read_on()

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


def held_request(body, authorization, **options):
    """One request through the transport."""
    return Held(lambda first, second: [PROGRAM, *arguments(**ALWAYS, hold=True, body_fd=first, authorization_fd=second, **options)],
                body, authorization)


def held_token(password, client_secret, url, ca_file="", proxy="", method="client_secret_basic", timeout_ms=20000,
               cancel_after_ms=0, repeat=1, way="", **more):
    """One password grant through the library's TokenClient; `way` "async" does not block, "dialog" is a sign-in that asks,
    "keyring" one that keeps its tokens there."""
    words = [url, ca_file, proxy, method, str(timeout_ms), str(cancel_after_ms), str(repeat)]
    return Held(lambda first, second: [os.path.join(os.path.dirname(PROGRAM), "token_probe"), *words, str(first),
                                       str(second), way], password, client_secret, **more)
