"""What `oauth-token doctor` finds on this machine: configuration, memory, state folder, stores, sessions."""

import ctypes
import os
import pathlib
import re
import resource
import tempfile
import unittest

import preload
from cli_session_test import Server
from doctor import doctor
from keyring_case import KeyringTestCase
from program import SANITIZE
from secret_service import SecretService, no_bus

OF_THE_SERVER = ["server"]  # a warning, where none is named


class DoctorTest(KeyringTestCase):
    maxDiff = None

    def configuration(self, text, mode=0o600):
        path = self.program.file("config/oauth-token/config.toml", text, mode)
        (self.program.config_home / "oauth-token").chmod(0o700)
        return path

    def sign_in(self, *words, server=None, **keywords):
        server = server or self.server()
        done = self.program.run("password", "--token-endpoint", server.url(), "--client-id", "app", "--username",
                                "alice", "--password-stdin", *words, input="secret", **keywords)
        self.assertEqual(done.status, 0, done.stderr)
        return server

    def server(self):
        server = Server()
        self.addCleanup(server.stop)
        return server

    # --- nothing there

    def test_on_a_machine_without_anything_it_says_so_and_ends(self):
        with tempfile.TemporaryDirectory() as folder:
            environment = {**no_bus(folder), "DBUS_SESSION_BUS_ADDRESS": None}
            found = doctor(self.program, "--no-input", environment=environment)
            self.assertEqual((found.status, found.problems()), (10, ["keyring", "server"]), found.checks)
            self.assertEqual(found.one("keyring")["class"], "store")
            self.assertIn("--store file", found.one("keyring")["hint"])
            self.assertIn("There is no configuration file", found.one("configuration")["message"])
            self.assertIn("the first sign-in makes it", found.one("state-folder")["message"])
            self.assertEqual(list(self.program.state_home.iterdir()), [], "it makes nothing")

    def test_without_home_it_says_what_is_missing(self):
        found = doctor(self.program, "--store", "none",
                       environment={"HOME": None, "XDG_CONFIG_HOME": None, "XDG_STATE_HOME": None})
        self.assertEqual((found.status, found.results("configuration"), found.results("state-folder")),
                         (2, ["warning"], ["failure"]), found.checks)

    def test_the_checklist_for_a_person_has_a_line_for_each_check_and_each_hint(self):
        done = self.program.run("doctor")
        self.assertEqual(done.status, 0, done.stdout)
        lines = done.stdout.splitlines()
        self.assertTrue(all(re.match(r"(ok|warning|failure) +[a-z-]+ +\S|( +-> )\S", line) for line in lines), lines)
        self.assertEqual(done.stderr, "1 warning.\n")
        listed = [line.split()[1] for line in lines if not line.startswith(" ")]
        self.assertEqual(listed, [check["name"] for check in doctor(self.program).checks])
        self.assertEqual(self.program.run("doctor", "--quiet").stderr, "")

    def test_json_is_one_object_whose_result_is_the_worst(self):
        found = doctor(self.program)
        self.assertEqual((found.status, found.object["result"], found.error), (0, "warning", ""))
        for check in found.checks:
            self.assertEqual(set(check) - {"hint", "class"}, {"name", "result", "message"})
        self.assertEqual(self.program.run("doctor", "--field", "result").stdout, "warning\n")

    # --- configuration

    def test_a_sound_configuration_is_named_with_its_profiles(self):
        path = self.configuration('[profiles.a]\nissuer = "https://as.example"\n[profiles.b]\nclient-id = "x"\n')
        self.assertEqual(doctor(self.program).one("configuration"), {
            "name": "configuration", "result": "ok",
            "message": f"{path} is safe and well-formed; it holds the profiles a, b."})

    def test_a_configuration_that_others_can_write_is_status_2(self):
        self.configuration('[profiles.a]\nissuer = "https://as.example"\n', 0o666)
        found = doctor(self.program)
        self.assertEqual((found.status, found.results("configuration")), (2, ["failure"]), found.checks)
        self.assertIn("chmod go-w", found.one("configuration")["hint"])

    def test_an_unknown_key_is_status_2_and_the_other_checks_go_on(self):
        self.configuration('[profiles.default]\nisuer = "https://as.example"\n')
        found = doctor(self.program)
        self.assertEqual((found.status, found.problems()), (2, ["configuration"]), found.checks)
        self.assertIn('"isuer"', found.one("configuration")["message"])
        self.assertIn("issuer", found.one("configuration")["hint"])
        self.assertEqual(found.results("keyring"), ["ok"])

    def test_each_profile_is_read_not_only_the_one_that_is_asked_for(self):
        self.configuration('[profiles.good]\nissuer = "https://as.example"\n'
                           '[profiles.bad]\nissuer = "ftp://as.example"\n'
                           '[profiles.worse]\nclient-auth = "guess"\n'
                           '[profiles.lax]\nissuer = "https://as.example"\ninsecure-tls = true\n')
        found = doctor(self.program, "--timeout", "1")
        self.assertEqual((found.status, found.results("profile")), (2, ["failure"] * 3), found.checks)
        for name, check in zip(("bad", "worse", "lax"), found.of("profile")):
            self.assertIn(f'"{name}"', check["message"])

    def test_a_password_file_that_others_can_read_is_a_warning(self):
        path = self.program.file("password", "secret", 0o644)
        self.configuration(f'[profiles.m]\nissuer = "http://127.0.0.1:1"\npassword-file = "{path}"\n')
        self.assertEqual(doctor(self.program).one("profile"), {
            "name": "profile", "result": "warning", "hint": f"chmod 600 {path}",
            "message": f'Profile "m": other users can read {path}, which holds the password.'})
        os.chmod(path, 0o600)
        self.assertEqual(doctor(self.program).of("profile"), [])

    def test_a_profile_that_does_not_exist_or_does_not_parse_is_status_2(self):
        found = doctor(self.program, "nobody")
        self.assertEqual((found.status, found.results("profile")), (2, ["failure"]), found.checks)
        self.configuration('[profiles.worse]\nclient-auth = "guess"\n')
        found = doctor(self.program, "worse")
        self.assertEqual((found.status, found.results("profile")), (2, ["failure"]), found.checks)
        found = doctor(self.program, "--config", str(self.program.home / "nowhere.toml"))
        self.assertEqual((found.status, found.results("configuration")), (2, ["failure"]), found.checks)

    # --- memory

    @unittest.skipIf(SANITIZE, "sanitizers lock no memory, and say that they did")
    def test_memory_that_cannot_be_locked_is_a_warning(self):
        def take_the_right_away():
            resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 65536))
            ctypes.CDLL(None).prctl(24, 14, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_IPC_LOCK: root alone has it

        self.assertEqual(doctor(self.program).results("memory"), ["ok"])
        found = doctor(self.program, preexec_fn=take_the_right_away)
        self.assertEqual((found.status, found.results("memory")), (0, ["warning"]), found.checks)
        self.assertIn("limit 64 KiB", found.one("memory")["message"])

    # --- state folder and sessions

    def test_a_state_folder_that_others_can_use(self):
        folder = self.program.state_home / "oauth-token"
        for mode, status, result in ((0o755, 0, "warning"), (0o777, 2, "failure")):
            with self.subTest(oct(mode)):
                folder.mkdir(exist_ok=True)
                folder.chmod(mode)
                found = doctor(self.program)
                self.assertEqual((found.status, found.results("state-folder")), (status, [result]), found.checks)
                self.assertIn("chmod 700", found.one("state-folder")["hint"])

    def test_a_state_folder_on_a_network_is_a_warning(self):
        (self.program.state_home / "oauth-token").mkdir(mode=0o700)
        network = preload.library(self.program.home, "#include <sys/vfs.h>\n"
                                  'extern "C" int statfs(const char*, struct statfs* out) noexcept '
                                  "{ *out = {}; out->f_type = 0x6969; return 0; }\n")
        found = doctor(self.program, environment={"LD_PRELOAD": network})
        self.assertEqual((found.status, found.results("state-folder")), (0, ["warning"]), found.checks)
        self.assertIn("NFS", found.one("state-folder")["message"])

    def test_sessions_that_are_signed_out_failing_or_left_in_the_middle_are_named(self):
        server = self.sign_in()
        self.assertEqual((doctor(self.program).status, doctor(self.program).of("session")), (0, []))
        server.count += 1  # another one used the refresh token
        self.assertEqual(self.program.run("refresh").status, 4)
        found = doctor(self.program)
        self.assertEqual((found.status, found.results("session")), (0, ["warning"]), found.checks)
        self.assertIn('"default" cannot be renewed. The last renewal failed: ', found.one("session")["message"])
        self.assertEqual(found.one("session")["hint"], "To give it up: oauth-token forget default. Sign in again: "
                         f"oauth-token password --token-endpoint {server.url()} --client-id app --username alice")

        self.sign_in("--session", "busy", server=server)

        def never(connection):
            connection.read_request()
            process.kill()

        server.behaviours = (never,)
        process = self.program.start("refresh", "busy")
        process.communicate(timeout=30)
        found = doctor(self.program, "--session", "busy")
        self.assertEqual((found.status, found.results("session")), (0, ["warning"]), found.checks)
        self.assertIn("ended before its answer came", found.one("session")["message"])

        (self.program.state_home / "oauth-token/sessions/busy.json").write_text("{")
        found = doctor(self.program)
        self.assertEqual((found.status, found.results("session")), (10, ["failure", "warning"]), found.checks)

    def test_an_answer_that_only_the_journal_has_is_named_until_the_store_has_it(self):
        server = self.sign_in()
        keyring = self.keyring

        def lock_then_answer(connection):
            request = connection.read_request()
            keyring.lock()
            connection.send(server._answer(request))

        self.addCleanup(keyring.unlock)
        server.behaviours = (lock_then_answer,)
        self.assertEqual(self.program.run("refresh").status, 0)
        keyring.unlock()
        server.behaviours = (server._behave,)
        found = doctor(self.program)
        self.assertIn("kept in the journal", found.one("session")["message"])
        self.assertEqual(self.program.run("token").status, 0)
        self.assertEqual(self.program.run("refresh").status, 0)
        self.assertEqual(doctor(self.program).of("session"), [])

    # --- stores

    def test_a_keyring_that_cannot_serve_is_status_10(self):
        self.sign_in()
        table = {"locked": (lambda keyring: keyring.lock(), "locked"),
                 "stopped": (lambda keyring: keyring.stop(), "did not answer within 1 s"),
                 "killed": (lambda keyring: keyring.kill(), "nothing on the session bus"),
                 "without its bus": (lambda keyring: keyring.end(), "cannot be reached")}
        for name, (happen, sentence) in table.items():
            with self.subTest(name), SecretService() as keyring:
                environment = keyring.environment()
                happen(keyring)
                found = doctor(self.program, "--store-timeout", "1", environment=environment)
                self.assertEqual((found.status, found.one("keyring")["class"]), (10, "store"), found.checks)
                self.assertIn(sentence, found.one("keyring")["message"])

    def test_tokens_that_are_no_longer_in_the_keyring_are_missed(self):
        self.sign_in()
        self.assertEqual(doctor(self.program).results("keyring"), ["ok"])
        with SecretService() as another:
            found = doctor(self.program, environment=another.environment())
        self.assertEqual((found.status, found.results("keyring")), (10, ["ok", "failure"]), found.checks)
        self.assertIn('no tokens of session "default"', found.of("keyring")[1]["message"])

    def test_no_keyring_is_asked_where_none_is_in_use(self):
        environment = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}
        found = doctor(self.program, "--store", "none", environment=environment)
        self.assertEqual((found.status, found.problems(), found.of("keyring")), (0, OF_THE_SERVER, []), found.checks)

    def test_sealed_files_their_key_and_plain_text(self):
        key = self.program.file("key", "base64:" + "A" * 43 + "=")
        self.sign_in("--store", "file", "--store-key-file", key, "--session", "sealed")
        self.sign_in("--store", "file", "--allow-plaintext-store", "--session", "plain")
        found = doctor(self.program, "--store", "file", "--store-key-file", key)
        self.assertEqual((found.status, found.results("sealed-files")), (0, ["warning", "ok", "ok"]), found.checks)
        self.assertIn('session "plain" are in plain text', found.of("sealed-files")[0]["message"])
        # The record remembers where the key is; a wrong one, a missing one and no key at all:
        self.assertEqual(doctor(self.program, "--store", "none").status, 0)
        pathlib.Path(key).write_text("base64:" + "E" * 43 + "=")
        self.assertEqual(doctor(self.program, "--store", "none", "--session", "sealed").status, 10)
        os.unlink(key)
        self.assertEqual(doctor(self.program, "--store", "none", "--session", "sealed").status, 2)
        # The key of another session is not this run's to give.
        with_key = {"OAUTH_TOKEN_STORE_KEY": "base64:" + "A" * 43 + "="}
        self.sign_in("--store", "file", "--session", "keyless", environment=with_key)
        other = self.program.file("other", "base64:" + "E" * 43 + "=")
        self.configuration(f'[profiles.m]\nissuer = "http://127.0.0.1:1"\nstore-key-file = "{other}"\n')
        for words in ((), ("m", "--store", "none")):
            found = doctor(self.program, *words, "--session", "keyless")
            self.assertIn({"name": "sealed-files", "result": "warning", "message": 'Session "keyless" is in sealed files, '
                           "and its key was not given, so it was not looked at.",
                           "hint": "Give it with --store-key-file FILE or OAUTH_TOKEN_STORE_KEY."}, found.checks)
        found = doctor(self.program, "--session", "keyless", environment=with_key)
        self.assertEqual(found.results("sealed-files"), ["ok"], found.checks)
        found = doctor(self.program, "--store", "file", "--session", "plain")
        self.assertEqual((found.status, found.results("sealed-files")), (10, ["warning", "failure"]), found.checks)


if __name__ == "__main__":
    unittest.main()
