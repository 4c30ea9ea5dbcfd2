"""After the request nothing of the password and the client secret is in the process. The program is held up by a full pipe
on its standard output, when everything but printing is done."""

import os
import signal
import tempfile
import unittest

import memory_scan
from certificates import Authority, openssl
from fault_server import Connection, FaultServer, answering, at_once, response, server_tls
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

    def test_after_a_token_nothing_of_a_certificates_key_is_left_as_text_nor_of_its_passphrase(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        authority = Authority(folder.name)
        certificate, key = authority.certificate("app")
        tls = server_tls(*authority.certificate("server"), client_authority=authority.file)
        passphrase = memory_scan.canary()
        locked, bundle = authority.path("locked.key"), authority.path("app.p12")
        openssl("pkcs8", "-topk8", "-in", key, "-passout", "stdin", "-out", locked, input=passphrase)
        openssl("pkcs12", "-export", "-in", certificate, "-inkey", key, "-passout", "stdin", "-out", bundle,
                input=passphrase)
        with open(key, "rb") as file:
            text = b"".join(file.read().splitlines()[1:-1])
        answer = response(b'{"access_token":"' + self.token + b'","token_type":"Bearer"}', headers=JSON)
        for words in (["--tls-key", key], ["--tls-key", locked], []):
            with self.subTest(words), Program() as program, FaultServer(answering(answer), tls=tls) as server, \
                    FullPipe() as pipe, open(os.devnull, "wb") as nothing:
                process = self.start(program, server, pipe.writing, nothing, "--cacert", authority.file, "--tls-cert",
                                     certificate if words else bundle, *words, "--tls-key-passphrase-file",
                                     program.file("passphrase", passphrase))
                wait_until_held_up(process)
                found = self.scan(process, token=self.token, passphrase=passphrase, key=text)
                self.end(process)
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
