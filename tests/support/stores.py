"""Runs the program store_probe, which drives a store of the library.

    with Store(environment=keyring.environment()) as store:
        store("save", id="a", value="secret")       # {"done": True}
        store("load", id="a")["value"]              # "secret"
"""

from line_probe import LineProbe


class Store(LineProbe):
    """A process with a store. `options` are those of the library: timeout_ms, may_prompt, folder, ..."""

    def __init__(self, environment=None, command=(), **options):
        super().__init__("store_probe", environment, command, **options)
