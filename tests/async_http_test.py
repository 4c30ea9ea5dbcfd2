"""All that holds for the blocking transport holds for the event loop, down to the sentences."""

import unittest

import probe
import http_test
import http_trouble_test


def load_tests(loader, _tests, _pattern):
    tests = unittest.TestSuite()
    for module in (http_test, http_trouble_test):
        tests.addTests(loader.loadTestsFromModule(module))
    return tests


def setUpModule():
    probe.ALWAYS["loop"] = True


if __name__ == "__main__":
    setUpModule()
    unittest.main()
