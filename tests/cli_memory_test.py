"""After the request nothing of the password and the client secret is in the process. The program is held up by a full pipe
on its standard output, when everything but printing is done."""

import os
import signal
import unittest

import memory_scan
from fault_server import Connection, FaultServer, answering, at_once, response
from full_pipe import FullPipe, wait_until_held_up
from program import Program

JSON = [("Content-Type", "application/json")]


class MemoryTest(unittest.TestCase):
    def setUp(self):
        self.password = memory_scan.canary()
        self.client_secret = memory_scan.canary()
        self.token = memory_scan.canary().hex()[:64].encode()
        memory_scan.require_root()

    def start(self, program, server, stdout, stderr, *words):
        secret = program.file("client-secret", self.client_secret)
        process = program.start("password", "--token-endpoint", server.url(), "--username", "alice", "--store", "none",
                                "--password-stdin", "--client-id", "app", "--client-secret-file", secret, *words,
                                stdout=stdout, stderr=stderr)
        process.stdin.write(self.password)
        process.stdin.close()
        return process

    def scan(self, process, **more):
        return memory_scan.scan(process.pid, {"password": self.password, "client secret": self.client_secret, **more})

    def end(self, process):
        process.send_signal(signal.SIGKILL)
        process.wait()

    def test_after_a_token_only_the_token_is_left(self):
        answer = response(b'{"access_token":"' + self.token + b'","token_type":"Bearer"}', headers=JSON)
        for words in ([], ["--client-auth", "client_secret_post"], ["--basic-encoding", "raw"], ["-v"], ["-o", "json"]):
            with self.subTest(words), Program() as program, FaultServer(answering(answer)) as server, \
                    FullPipe() as pipe, open(os.devnull, "wb") as nothing:
                process = self.start(program, server, pipe.writing, nothing, *words)
                wait_until_held_up(process)
                found = self.scan(process, token=self.token)
                self.end(process)
                # The token is on its way out: that it is found shows that the scan sees.
                self.assertTrue(found)
                self.assertEqual([line for line in found if " token in " not in line], [])

    def test_after_a_failure_nothing_is_left(self):
        table = {"refused": answering(response(b'{"error":"invalid_grant"}', 400, JSON)),
                 "client": answering(response(b'{"error":"invalid_client"}', 401, JSON)),
                 "html": answering(response(b"<html>", 502)), "reset": at_once(Connection.reset)}
        for name, behaviour in table.items():
            with self.subTest(name), Program() as program, FaultServer(behaviour) as server, FullPipe() as pipe, \
                    open(os.devnull, "wb") as nothing:
                process = self.start(program, server, nothing, pipe.writing)
                wait_until_held_up(process)
                found = self.scan(process)
                self.end(process)
                self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()
