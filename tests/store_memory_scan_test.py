"""A store leaves nothing of a secret in the process that saved and loaded it."""

import base64
import secrets
import tempfile
import unittest

import memory_scan
from secret_service import SecretService
from stores import Store

DONE = {"done": True}


class StoreMemoryScanTest(unittest.TestCase):
    def setUp(self):
        memory_scan.require_root()
        self.secret = memory_scan.canary()
        file = tempfile.NamedTemporaryFile()
        self.addCleanup(file.close)
        file.write(self.secret)
        file.flush()
        self.file = file.name

    def left(self, store):
        return memory_scan.scan(store.pid, {"the secret": self.secret})

    def assert_seen(self, store):
        """The scan finds the secret once the probe has put it into JSON."""
        self.assertEqual(store("load", id="a"), {"value": self.secret.decode()})
        self.assertNotEqual(self.left(store), [])

    def test_the_keyring_leaves_nothing_of_a_secret_whatever_becomes_of_a_call(self):
        # Also where nobody may lock memory, as in many containers.
        for command in ([], ["setpriv", "--bounding-set=-ipc_lock", "prlimit", "--memlock=0"]):
            with self.subTest(command=command), SecretService() as service, \
                    Store(service.environment(), command=command, timeout_ms=1500) as store:
                self.assertEqual(store("save", id="a", file=self.file), DONE)
                self.assertEqual(self.left(store), [])
                self.assertEqual(store("load", id="a", file=self.file), {"equal": True})
                self.assertEqual(self.left(store), [])
                service.lock()
                self.assertEqual(store("save", id="a", file=self.file)["reason"], "locked")
                self.assertEqual(self.left(store), [])
                service.unlock()
                service.stop()
                self.assertEqual(store("save", id="a", file=self.file)["reason"], "timeout")
                self.assertEqual(self.left(store), [])
                service.kill()
                self.assertEqual(store("save", id="a", file=self.file)["reason"], "absent")
                self.assertEqual(self.left(store), [])
                service.start_provider()
                self.assert_seen(store)

    def test_the_file_store_leaves_nothing_of_a_secret(self):
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        for text in (f"base64:{key}", f"passphrase:{key}"):
            with self.subTest(text[:10]), tempfile.TemporaryDirectory() as folder, \
                    tempfile.NamedTemporaryFile("w") as key_file:
                key_file.write(text)
                key_file.flush()
                with Store(folder=folder + "/tokens", key_file=key_file.name) as store:
                    for verb, expected in (("save", DONE), ("load", {"equal": True})):
                        self.assertEqual(store(verb, id="a", file=self.file), expected)
                        self.assertEqual(self.left(store), [])
                    self.assert_seen(store)


if __name__ == "__main__":
    unittest.main()
