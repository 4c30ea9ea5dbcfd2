"""An application that asks the keyring all day needs no more memory for it than at the beginning."""

import pathlib
import re
import unittest

from secret_service import SecretService
from stores import Store

# The broken one lost some 1 000 bytes with each call.
CALLS = 400
MOST = 128 * 1024


def data(pid):
    """What the process has for its data, in bytes."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return 1024 * int(re.search(r"^VmData:\s+(\d+) kB$", status, re.MULTILINE)[1])


class KeyringMemoryTest(unittest.TestCase):
    def test_a_connection_that_is_kept_keeps_nothing_of_the_calls_before(self):
        with SecretService() as service, Store(service.environment()) as store:
            store("save", id="session-1", value="secret")

            def call_often():
                for _ in range(CALLS):
                    self.assertEqual(store("load", id="session-1"), {"value": "secret"})
                return data(store.pid)

            at_first = call_often()
            self.assertLess(call_often() - at_first, MOST)


if __name__ == "__main__":
    unittest.main()
