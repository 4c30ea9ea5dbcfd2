"""What tests share that need a keyring: one for all of a class, and for each test a program of its own with it."""

import unittest

from program import Program
from secret_service import SecretService


class KeyringTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keyring = SecretService().start()
        cls.addClassCleanup(cls.keyring.end)

    def setUp(self):
        super().setUp()
        self.program = Program(self.keyring.environment())
        self.addCleanup(self.program.close)
