"""What the program sends, how often, and to whom."""

import base64
import json
import os
import pathlib
import threading
import unittest
import urllib.parse

from fault_server import FaultServer, answering, response
from program import Program

JSON = [("Content-Type", "application/json")]
TOKEN = response(b'{"access_token":"at","token_type":"Bearer"}', headers=JSON)
REFUSED = response(b'{"error":"invalid_grant","error_description":"wrong"}', 400, JSON)
AWKWARD = 'pä$$w+rd &=%20"é\U0001f511 '


def pairs(request):
    return urllib.parse.parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True)


class RequestTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.program = Program()
        self.addCleanup(self.program.close)

    def password(self, server, *words, password="secret", **keywords):
        return self.program.run("password", "--token-endpoint", server.url(), "--username", "alice", "--store", "none",
                                "--password-stdin", *words, input=password, **keywords)

    def test_one_wrong_password_is_one_request_in_every_authentication_method(self):
        secret = self.program.file("secret", "cs")
        methods = [[], ["--client-id", "c"], ["--client-id", "c", "--client-secret-file", secret],
                   ["--client-id", "c", "--client-secret-file", secret, "--basic-encoding", "raw"],
                   ["--client-id", "c", "--client-secret-file", secret, "--client-auth", "client_secret_post"]]
        answers = [REFUSED, response(b'{"error":"invalid_client"}', 401, JSON), response(b"", 401), response(b"", 500),
                   response(b"", 429, [("Retry-After", "0")])]
        for words in methods:
            for answer in answers:
                with self.subTest(words=words, answer=answer), FaultServer(answering(answer)) as server:
                    done = self.password(server, *words)
                    self.assertNotEqual(done.status, 0)
                    self.assertEqual((done.stdout, len(server.requests), server.connections), ("", 1, 1))

    def test_a_password_comes_from_each_place(self):
        text = "pä$$ word"
        askpass = self.program.file("askpass", f"#!/bin/sh\necho '{text}'\n", 0o700)
        file = self.program.file("password", text + "\n")
        fifo = str(self.program.home / "fifo")
        os.mkfifo(fifo)
        reading, writing = os.pipe()
        os.write(writing, text.encode())
        os.close(writing)
        table = [(["--password-fd", str(reading)], {"pass_fds": [reading]}), (["--password-file", file], {}),
                 (["--password-stdin"], {"input": text}), (["--password-command", f"echo '{text}'"], {}),
                 (["--askpass", askpass], {}), ([], {"environment": {"OAUTH_TOKEN_PASSWORD": text}}),
                 ([], {"environment": {"OAUTH_TOKEN_PASSWORD_FILE": file}}),
                 ([], {"environment": {"OAUTH_TOKEN_ASKPASS": askpass}}), (["--password-file", fifo], {})]
        with FaultServer(answering(TOKEN)) as server:
            for words, keywords in table:
                with self.subTest(words, **keywords):
                    if fifo in words:
                        threading.Thread(target=pathlib.Path(fifo).write_text, args=[text]).start()
                    done = self.program.run("password", "--token-endpoint", server.url(), "--username", "alice", "--store",
                                            "none", *words, **keywords)
                    self.assertEqual((done.status, done.stdout), (0, "at\n"), done.stderr)
                    self.assertEqual(dict(pairs(server.requests[-1]))["password"], text)
        os.close(reading)

    def test_no_redirect_is_followed(self):
        for status in (301, 302, 303, 307, 308):
            with FaultServer(answering(TOKEN)) as other:
                for target in ("/elsewhere", other.url(), "https://127.0.0.1:1/token", "//evil.example/"):
                    with self.subTest(status=status, target=target), \
                            FaultServer(answering(response(b"", status, [("Location", target)]))) as server:
                        done = self.password(server, "-o", "json")
                        self.assertEqual((done.status, done.stdout), (8, ""))
                        self.assertEqual(json.loads(done.stderr)["class"], "protocol")
                        self.assertEqual(len(server.requests), 1)
                self.assertEqual(other.connections, 0)

    def test_every_value_reaches_the_wire_as_it_is(self):
        with FaultServer(answering(TOKEN)) as server:
            done = self.password(server, "--client-id", "id &=+", "--client-secret-file",
                                 self.program.file("secret", "s3cr%t:+/& =\n"), "--client-auth", "client_secret_post",
                                 "--scope", "a", "--scope", "b:c/d", "--resource", "https://a.example/?x=y&z",
                                 "--resource", "https://b.example", "--param", "näme=välue =&",
                                 "--param-file", "totp=" + self.program.file("totp", "123456\n"), password=AWKWARD + "\n")
            self.assertEqual(done.status, 0, done.stderr)
            self.assertEqual(sorted(pairs(server.requests[0])), sorted([
                ("grant_type", "password"), ("username", "alice"), ("password", AWKWARD), ("client_id", "id &=+"),
                ("client_secret", "s3cr%t:+/& ="), ("scope", "a b:c/d"), ("resource", "https://a.example/?x=y&z"),
                ("resource", "https://b.example"), ("näme", "välue =&"), ("totp", "123456")]))
            self.assertNotIn(b"+", server.requests[0].body)

    def test_basic_credentials_are_encoded_as_asked(self):
        secret = self.program.file("secret", AWKWARD)
        with FaultServer(answering(TOKEN)) as server:
            for encoding in ("form", "raw"):
                self.password(server, "--client-id", "app", "--client-secret-file", secret, "--basic-encoding", encoding)
            form, raw = (base64.b64decode(request.header("Authorization")[0][6:]).decode() for request in server.requests)
            self.assertEqual(raw, "app:" + AWKWARD)
            self.assertEqual(form, "app:" + urllib.parse.quote(AWKWARD, safe="-._~"))
            self.assertNotIn("client_id", dict(pairs(server.requests[0])))

    def test_passwords_pass_as_the_bytes_they_are(self):
        for password in (b"\xff\xfe latin \xe9", b"@file", b" leading and trailing ", b"x" * 4096, b"a\r\nb", b"line\n\n"):
            with self.subTest(password), FaultServer(answering(TOKEN)) as server:
                done = self.password(server, password=password)
                self.assertEqual(done.status, 0, done.stderr)
                expected = password[:-1] if password.endswith(b"\n") else password
                sent = dict(pair.split(b"=") for pair in server.requests[0].body.split(b"&"))
                self.assertEqual(urllib.parse.unquote_to_bytes(sent[b"password"]), expected)

    def test_line_breaks_make_no_header(self):
        evil = "x\r\nX-Evil: 1"
        secret = self.program.file("secret", evil)
        table = [["--client-id", evil], ["--scope", evil], ["--resource", evil], ["--header", "X: " + evil],
                 ["--username", evil], ["--param", "p=" + evil], ["--param", evil + "=v"], ["--proxy", "http://" + evil],
                 ["--issuer", "http://127.0.0.1/" + evil],
                 ["--client-id", "c", "--client-secret-file", secret],
                 ["--client-id", "c", "--client-secret-file", secret, "--basic-encoding", "raw"],
                 ["--client-id", "c", "--client-assertion-file", secret]]
        for words in table:
            with self.subTest(words), FaultServer(answering(TOKEN)) as server:
                user = [] if "--username" in words else ["--username", "alice"]
                done = self.program.run("password", "--token-endpoint", server.url(), "--store", "none",
                                        "--password-stdin", *user, *words, input="secret")
                self.assertIn(done.status, (0, 2), done.stderr)
                for request in server.requests:
                    self.assertEqual(request.header("X-Evil"), [])
                    self.assertEqual(request.raw.count(b"\r\n\r\n"), 1)
        with FaultServer(answering(TOKEN)) as server:
            done = self.program.run("password", "--token-endpoint", server.url("/a\r\nX-Evil: 1"), "--username", "a")
            self.assertEqual((done.status, server.connections), (2, 0), done.stderr)

    def test_an_additional_header_is_sent(self):
        with FaultServer(answering(TOKEN)) as server:
            self.password(server, "--header", "X-Tenant:  a: b", "--header", "X-Other: 1")
            self.assertEqual(server.requests[0].header("X-Tenant"), ["a: b"])
            self.assertEqual(server.requests[0].header("X-Other"), ["1"])

    def test_user_information_in_a_url_is_refused_without_showing_it(self):
        done = self.program.run("password", "--token-endpoint", "https://user:hunter2@as.example/token", "--username", "a",
                                "--password-stdin", "--store", "none", input="secret")
        self.assertEqual(done.status, 2)
        self.assertNotIn("hunter2", done.stderr)

    def test_plain_http_to_another_machine_is_status_9_and_asks_for_no_password(self):
        done = self.program.run("password", "--token-endpoint", "http://192.0.2.1/token", "--username", "a",
                                "--store", "none", "-o", "json", "--no-input")
        self.assertEqual(done.status, 9, done.stderr)
        self.assertEqual(json.loads(done.stderr)["class"], "insecure")

    def test_client_credentials_and_any_other_grant(self):
        secret = self.program.file("secret", "cs")
        with FaultServer(answering(TOKEN)) as server:
            common = ["--token-endpoint", server.url(), "--client-id", "c", "--client-secret-file", secret, "--scope", "s"]
            done = self.program.run("client-credentials", *common)
            self.assertEqual((done.status, done.stdout), (0, "at\n"), done.stderr)
            self.assertEqual(pairs(server.requests[0]), [("grant_type", "client_credentials"), ("scope", "s")])
            done = self.program.run("request", "urn:example:grant", *common, "--param", "a=b")
            self.assertEqual((done.status, done.stdout), (0, "at\n"), done.stderr)
            self.assertEqual(sorted(pairs(server.requests[1])), [("a", "b"), ("grant_type", "urn:example:grant"), ("scope", "s")])
            self.assertFalse((self.program.state_home / "oauth-token" / "sessions").exists())


class CallerKeptTokenTest(unittest.TestCase):
    ROTATED = response(b'{"access_token":"at","token_type":"Bearer","refresh_token":"rt-2"}', headers=JSON)

    def refresh(self, program, server, *words, **keywords):
        return program.run("refresh", "--token-endpoint", server.url(), "--client-id", "c", *words, **keywords)

    def test_the_new_refresh_token_replaces_the_file(self):
        with Program() as program, FaultServer(answering(self.ROTATED)) as server:
            kept = program.file("rt", "rt-1\n", 0o644)
            done = self.refresh(program, server, "--refresh-token-file", kept, "--write-refresh-token", kept)
            self.assertEqual((done.status, done.stdout), (0, "at\n"), done.stderr)
            self.assertEqual(dict(pairs(server.requests[0]))["refresh_token"], "rt-1")
            with open(kept, encoding="ascii") as file:
                self.assertEqual(file.read(), "rt-2\n")
            self.assertEqual((program.home / "rt").stat().st_mode & 0o777, 0o600)
            self.assertEqual([path.name for path in program.home.glob("rt*")], ["rt"])

    def test_a_refresh_token_comes_from_each_place(self):
        with Program() as program, FaultServer(answering(self.ROTATED)) as server:
            file = program.file("rt", "rt-0\n")
            reading, writing = os.pipe()
            os.write(writing, b"rt-1\n")
            os.close(writing)
            table = [(["--refresh-token-file", file], {}), (["--refresh-token-fd", str(reading)], {"pass_fds": [reading]}),
                     (["--refresh-token-stdin"], {"input": "rt-2\n"}), (["--refresh-token-command", "echo rt-3"], {}),
                     ([], {"environment": {"OAUTH_TOKEN_REFRESH_TOKEN": "rt-4"}})]
            for number, (words, keywords) in enumerate(table):
                with self.subTest(words):
                    done = self.refresh(program, server, *words, "-o", "json", "--show-refresh-token", **keywords)
                    self.assertEqual(done.status, 0, done.stderr)
                    self.assertEqual(dict(pairs(server.requests[-1]))["refresh_token"], f"rt-{number}")
            os.close(reading)

    def test_the_new_refresh_token_goes_to_a_command(self):
        with Program() as program, FaultServer(answering(self.ROTATED)) as server:
            done = self.refresh(program, server, "--refresh-token-stdin", "--on-rotation", f"cat > {program.home}/new",
                                input="rt-1")
            self.assertEqual((done.status, done.stdout), (0, "at\n"), done.stderr)
            self.assertEqual((program.home / "new").read_text(), "rt-2")

    def test_a_rotation_command_that_fails_is_status_10_and_the_next_run_delivers_without_asking_the_server(self):
        with Program() as program, FaultServer(answering(self.ROTATED)) as server:
            done = self.refresh(program, server, "--refresh-token-stdin", "--on-rotation", "exit 3", input="rt-1")
            self.assertEqual((done.status, done.stdout), (10, "at\n"), done.stderr)
            self.assertIn("ended with status 3", done.stderr)
            self.assertIn("run again with the old one, and it is delivered", done.stderr)
            self.assertNotIn("rt-2", done.stderr)
            kept = next(word.rstrip(":") for word in done.stderr.split() if word.startswith("/"))
            self.assertNotIn(b"rt-2", pathlib.Path(kept).read_bytes())
            for token, sent in (("rt-1", "no"), ("rt-0", "yes")):  # the first is delivered, and not asked for
                done = self.refresh(program, server, "--refresh-token-stdin", "--on-rotation", "exit 3", "-o", "json",
                                    input=token)
                self.assertEqual((done.status, json.loads(done.stderr)["sent"]), (10, sent), done.stderr)
            server.requests.pop()
            done = self.refresh(program, server, "--refresh-token-stdin", "--on-rotation", f"cat > {program.home}/new",
                                input="rt-1")
            self.assertEqual((done.status, done.stdout, len(server.requests)), (0, "at\n", 1), done.stderr)
            self.assertEqual((program.home / "new").read_text(), "rt-2")
            self.assertFalse(pathlib.Path(kept).exists())

    def test_a_file_beside_a_rotation_command_that_fails_has_the_new_refresh_token(self):
        with Program() as program, FaultServer(answering(self.ROTATED)) as server:
            kept = program.file("rt", "rt-1\n")
            words = ["--refresh-token-file", kept, "--write-refresh-token", kept, "--on-rotation"]
            done = self.refresh(program, server, *words, "exit 3")
            self.assertEqual((done.status, done.stdout), (10, "at\n"), done.stderr)
            self.assertIn(f"The new refresh token is in {kept}.", done.stderr)
            self.assertEqual((program.home / "rt").read_text(), "rt-2\n")
            done = self.refresh(program, server, *words, "cat >/dev/null")
            self.assertEqual(done.status, 0, done.stderr)
            self.assertEqual(dict(pairs(server.requests[-1]))["refresh_token"], "rt-2")

    def test_without_a_place_for_the_new_one_nothing_is_sent(self):
        with Program({"OAUTH_TOKEN_REFRESH_TOKEN": "rt-1"}) as program, FaultServer(answering(self.ROTATED)) as server:
            for command in ("token", "refresh"):
                done = program.run(command, "--token-endpoint", server.url(), "--client-id", "c")
                self.assertEqual((done.status, done.stdout), (2, ""))
                self.assertIn("--write-refresh-token", done.stderr)
            shared = program.home / "shared"
            shared.mkdir()
            for mode in (0o777, 0o775):
                shared.chmod(mode)
                done = self.refresh(program, server, "--write-refresh-token", str(shared / "rt"))
                self.assertEqual((done.status, server.connections, list(shared.iterdir())), (2, 0, []), done.stderr)
                self.assertIn(f"chmod go-w {shared}", done.stderr)
            done = self.refresh(program, server, "--write-refresh-token", "/nowhere/rt")
            self.assertEqual((done.status, done.stdout, server.connections), (2, "", 0), done.stderr)
            done = self.refresh(program, server, "-o", "json", "--show-refresh-token")
            self.assertEqual(json.loads(done.stdout)["refresh_token"], "rt-2")

    def test_a_refused_refresh_token_is_status_4_and_the_file_stays(self):
        with Program() as program, FaultServer(answering(REFUSED)) as server:
            kept = program.file("rt", "rt-1\n")
            done = self.refresh(program, server, "--refresh-token-file", kept, "--write-refresh-token", kept)
            self.assertEqual((done.status, done.stdout, len(server.requests)), (4, "", 1), done.stderr)
            self.assertEqual((program.home / "rt").read_text(), "rt-1\n")


if __name__ == "__main__":
    unittest.main()
