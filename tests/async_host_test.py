"""The library beside an application's own libcurl, OpenSSL, signals, threads and children."""

import os
import subprocess
import tempfile
import unittest

import probe
from certificates import Authority
from fault_server import FaultServer, answering, response, server_tls

PROGRAM = os.path.join(os.path.dirname(probe.PROGRAM), "host_probe")
TOKEN = response(b'{"access_token":"a","token_type":"Bearer","expires_in":60}', headers=[("Content-Type", "application/json")])


class HostTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.authority = Authority(folder.name)
        cls.certificate = cls.authority.certificate("good")

    def check(self, when):
        ended = []

        def behave(connection):
            answering(TOKEN)(connection)
            ended.append(connection.number)

        with FaultServer(behave, tls=server_tls(*self.certificate)) as server, subprocess.Popen(
                [PROGRAM, when, server.url(), self.authority.file], env=probe.clean_environment(), text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE) as host:
            self.assertEqual(host.stdout.readline(), "sent\n")
            # The parent's connections are the first three, and the child has closed none of them.
            self.assertEqual([number for number in ended if number <= 3], [])
            self.assertEqual(host.communicate("\n", timeout=60)[0], "nothing\n")
            self.assertEqual(host.returncode, 0)

    def test_the_host_initialises_libcurl_before(self):
        self.check("before")

    def test_the_host_initialises_libcurl_after(self):
        self.check("after")

    def test_the_host_never_does(self):
        self.check("never")


if __name__ == "__main__":
    unittest.main()
