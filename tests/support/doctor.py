"""Runs `oauth-token doctor` and takes its checklist apart."""

import json


class Checklist:
    """`done` is of a run with -o json. `of(name)` are the checks of that name, each a dict."""

    def __init__(self, done):
        self.status = done.status
        self.error = done.stderr
        self.object = json.loads(done.stdout)
        self.checks = self.object["checks"]

    def of(self, name):
        return [check for check in self.checks if check["name"] == name]

    def results(self, name):
        return [check["result"] for check in self.of(name)]

    def one(self, name):
        found = self.of(name)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} checks are called {name}: {self.checks}")
        return found[0]

    def problems(self):
        """Names of what is not ok, in their order."""
        return [check["name"] for check in self.checks if check["result"] != "ok"]


def doctor(program, *words, **keywords):
    return Checklist(program.run("doctor", "-o", "json", *words, **keywords))
