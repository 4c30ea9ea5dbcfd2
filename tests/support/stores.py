"""Runs the program store_probe, which drives a store of the library.

    with Store(environment=keyring.environment()) as store:
        store("save", id="a", value="secret")       # {"done": True}
        store("load", id="a")["value"]              # "secret"
"""

import json
import os
import subprocess

PROGRAM = os.path.join(os.environ.get("OAUTH_TOKEN_BUILD", "build"), "bin", "store_probe")


class Store:
    """A process with a store. `options` are those of the library: timeout_ms, may_prompt, folder, ..."""

    def __init__(self, environment=None, command=(), **options):
        kept = {name: value for name, value in os.environ.items() if name == "PATH" or name.endswith("SAN_OPTIONS")}
        self._process = subprocess.Popen(
            [*command, PROGRAM, json.dumps(options)], env={**kept, "LANG": "C.UTF-8", **(environment or {})},
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
            raise RuntimeError(f"store_probe ended with {self._process.wait()}: {self._process.stderr.read()}")
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
