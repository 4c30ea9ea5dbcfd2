"""Each text that tests/mutation breaks is still in its file, once."""

import pathlib
import subprocess
import sys
import unittest


class MutationTable(unittest.TestCase):
    def test_the_table_fits_the_code(self):
        runner = pathlib.Path(__file__).parent / "mutation" / "run.py"
        done = subprocess.run([sys.executable, "-B", str(runner), "--check"], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)


if __name__ == "__main__":
    unittest.main()
