"""A program of the build that answers one JSON object a line."""

import json
import os
import subprocess


class LineProbe:
    """A running probe, called by verb: probe("load", id="a"). `options` are its only argument, as JSON."""

    def __init__(self, name, environment=None, command=(), **options):
        program = os.path.join(os.environ.get("OAUTH_TOKEN_BUILD", "build"), "bin", name)
        kept = {name: value for name, value in os.environ.items() if name == "PATH" or name.endswith("SAN_OPTIONS")}
        self._name = name
        self._process = subprocess.Popen(
            [*command, program, json.dumps(options)], env={**kept, "LANG": "C.UTF-8", **(environment or {})},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.pid = self._process.pid

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.end()

    def begin(self, verb, **request):
        """Asks without waiting for the answer."""
        self._process.stdin.write(json.dumps({"verb": verb, **request}) + "\n")
        self._process.stdin.flush()

    def answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name} ended with {self._process.wait()}: {self._process.stderr.read()}")
        return json.loads(line)

    def __call__(self, verb, **request):
        self.begin(verb, **request)
        return self.answer()

    def end(self):
        """What it wrote to standard error."""
        if self._process.stdin.closed:
            return ""
        self._process.stdin.close()
        written = self._process.stderr.read()
        self._process.wait(20)
        self._process.stdout.close()
        self._process.stderr.close()
        return written
