"""The keyring store against a real gnome-keyring: every row of what can go wrong with a Secret Service."""

import os
import pathlib
import subprocess
import tempfile
import threading
import time
import unittest

from prompter import Prompter
from secret_service import DEFAULT_COLLECTION, SecretService, no_bus
from stores import Store

DONE = {"done": True}
VERBS = {
    "probe": {},
    "load": {"id": "session-1"},
    "save": {"id": "session-1", "name": "work", "value": "new"},
    "erase": {"id": "session-1"},
    "list": {},
}
OTHER_STORE = ("Where no keyring can be had, sign in with --store file --store-key-file FILE: sealed files keep the "
               "session.")


class KeyringTest(unittest.TestCase):
    def service(self, **options):
        service = SecretService(**options).start()
        self.addCleanup(service.end)
        return service

    def store(self, service_or_environment, **options):
        environment = (service_or_environment if isinstance(service_or_environment, dict)
                       else service_or_environment.environment())
        store = Store(environment, **options)
        self.addCleanup(store.end)
        return store

    def wait_for(self, condition):
        deadline = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), deadline, "waited for 20 seconds")
            time.sleep(0.01)

    def assert_every_verb_fails(self, store, reason, message):
        for verb, request in VERBS.items():
            with self.subTest(verb):
                answer = store(verb, **request)
                self.assertEqual((answer.get("class"), answer.get("reason"), answer.get("message")),
                                 ("store", reason, message), answer)
                self.assertIn(OTHER_STORE, answer["hint"])

    # --- an open keyring

    def test_what_was_saved_is_loaded_by_another_process_until_it_is_erased(self):
        service = self.service()
        store = self.store(service)
        self.assertEqual(store("probe"), DONE)
        self.assertEqual(store("load", id="a"), {"value": None})
        self.assertEqual(store("save", id="a", name="work", issuer="https://as.example", value="one"), DONE)
        self.assertEqual(store("save", id="b", value="two"), DONE)
        other = self.store(service)
        self.assertEqual(other("load", id="a"), {"value": "one"})
        self.assertEqual(other("list"), {"ids": ["a", "b"]})
        self.assertEqual(other("erase", id="a"), DONE)
        self.assertEqual(other("erase", id="a"), DONE)
        self.assertEqual(store("load", id="a"), {"value": None})
        self.assertEqual(store("list"), {"ids": ["b"]})
        self.assertEqual(store.end(), "")

    def test_saving_under_one_id_replaces_the_item_also_when_its_names_change(self):
        store = self.store(self.service())
        for index, names in enumerate([{}, {"name": "work", "username": "alice"}, {"name": "work"}, {}]):
            self.assertEqual(store("save", id="a", generation=index, value=f"value {index}", **names), DONE)
            self.assertEqual(store("list"), {"ids": ["a"]})
            self.assertEqual(store("load", id="a"), {"value": f"value {index}"})

    def test_items_whose_attributes_are_part_of_anothers_do_not_replace_it(self):
        store = self.store(self.service())
        full = {"name": "work", "issuer": "https://as.example", "client_id": "app", "username": "alice"}
        self.assertEqual(store("save", id="a", value="full", **full), DONE)
        self.assertEqual(store("save", id="b", value="bare"), DONE)
        self.assertEqual(store("save", id="", value="without an id"), DONE)
        self.assertEqual(store("load", id="a"), {"value": "full"})
        self.assertEqual(store("load", id="b"), {"value": "bare"})

    def test_another_programs_items_are_neither_seen_nor_touched(self):
        service = self.service()
        environment = {**os.environ, **service.environment()}
        subprocess.run(["secret-tool", "store", "--label", "other", "application", "other", "oauth-token.id", "a"],
                       env=environment, input="theirs", text=True, check=True, timeout=20)
        store = self.store(service)
        self.assertEqual(store("list"), {"ids": []})
        self.assertEqual(store("save", id="a", value="ours"), DONE)
        self.assertEqual(store("erase", id="a"), DONE)
        found = subprocess.run(["secret-tool", "lookup", "application", "other"], env=environment,
                               capture_output=True, text=True, check=True, timeout=20)
        self.assertEqual(found.stdout, "theirs")

    def test_attributes_may_hold_any_bytes_and_the_label_is_readable(self):
        service = self.service()
        store = self.store(service)
        awkward = "älice \x1b[2J\n\u202e\x00 🔑 %$\"'\\"
        self.assertEqual(store("save", id="a", name="work", issuer="https://as.example", username=awkward,
                               client_id=awkward, value="one"), DONE)
        self.assertEqual(store("load", id="a"), {"value": "one"})
        shown = subprocess.run(["secret-tool", "search", "oauth-token.id", "a"],
                               env={**os.environ, **service.environment()},
                               capture_output=True, text=True, check=True, timeout=20)
        escaped = r"""älice \x1b[2J\x0a\u{202e}\x00 🔑 %$"'\ """.strip()
        self.assertIn(f"label = oauth-token: work ({escaped} at https://as.example)\n", shown.stdout)
        self.assertIn(f"attribute.oauth-token.username = {escaped}\n", shown.stdout + shown.stderr)
        self.assertNotIn("one", shown.stderr)

    def test_a_large_value_and_an_empty_one_come_back_whole(self):
        store = self.store(self.service())
        for value in ("", "x" * 65536, "ä🔑\x00\n" * 1000):
            self.assertEqual(store("save", id="a", value=value), DONE)
            self.assertEqual(store("load", id="a"), {"value": value})

    def test_writers_of_different_ids_at_once_lose_nothing(self):
        service = self.service()
        stores = [self.store(service) for _ in range(8)]
        failures = []

        def write(number):
            for turn in range(6):
                answer = stores[number]("save", id=f"id-{number}", name="same", value=f"{number} {turn}")
                if answer != DONE:
                    failures.append(answer)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(len(stores))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(stores[0]("list"), {"ids": [f"id-{number}" for number in range(8)]})
        for number in range(8):
            self.assertEqual(stores[0]("load", id=f"id-{number}"), {"value": f"{number} 5"})

    def test_many_calls_leave_no_descriptor_and_no_thread_behind(self):
        service = self.service()
        store = self.store(service)

        def counts():
            return [len(os.listdir(f"/proc/{store.pid}/{what}")) for what in ("fd", "task")]

        def calls():
            for _ in range(5):
                store("save", id="a", value="x")
                store("load", id="a")
                service.lock()
                store("load", id="a")
                service.unlock()

        calls()
        before = counts()
        for _ in range(4):
            calls()
        self.assertLessEqual([now - then for now, then in zip(counts(), before)], [2, 0])

    # --- no keyring, or one that does not answer

    def test_a_locked_keyring_is_not_taken_for_an_empty_one(self):
        service = self.service()
        store = self.store(service)
        self.assertEqual(store("save", id="session-1", name="work", value="kept"), DONE)
        service.lock()
        for each in (store, self.store(service)):
            self.assert_every_verb_fails(each, "locked", "The keyring is locked.")
            self.assertIn("gnome-keyring-daemon --replace --unlock", each("probe")["hint"])
            self.assertEqual(each("load", id="never saved")["reason"], "locked")
        service.unlock()
        self.assertEqual(store("load", id="session-1"), {"value": "kept"})

    def test_the_command_in_the_hint_unlocks_the_keyring(self):
        service = self.service()
        store = self.store(service)
        self.assertEqual(store("save", id="a", value="kept"), DONE)
        service.lock()
        command = store("probe")["hint"].split("where there is none: ")[1].removesuffix(". " + OTHER_STORE)
        daemon = subprocess.Popen(
            ["/bin/sh", "-c", command + " --foreground --components=secrets >/dev/null 2>&1"],
            env={**os.environ, **service.own_environment(), "KEYRING_PASSWORD": service.password})
        self.addCleanup(daemon.wait)
        self.wait_for(lambda: store("probe") == DONE)
        self.assertEqual(store("load", id="a"), {"value": "kept"})
        service.end()

    # --- a person and a dialog

    def service_with_a_person(self):
        service = self.service(provider=False)
        prompter = Prompter(service.environment())
        self.addCleanup(prompter.end)
        service.start_provider(GNOME_KEYRING_TEST_PROMPTER=prompter.name)
        return service, prompter

    def test_a_dialog_unlocks_the_keyring_and_the_deadline_stands_still_meanwhile(self):
        service, prompter = self.service_with_a_person()
        store = self.store(service, may_prompt=True, timeout_ms=1500)
        self.assertEqual(store("save", id="session-1", value="kept"), DONE)
        expected = {"probe": DONE, "load": {"value": "kept"}, "save": DONE, "erase": DONE, "list": {"ids": []}}
        for verb, request in VERBS.items():
            with self.subTest(verb):
                service.lock()
                prompter.type(service.password, delay_ms=2000)
                self.assertEqual(store(verb, **request), expected[verb])
                self.assertFalse(prompter.waiting())
                self.assertFalse(service.locked())

    def test_a_dialog_that_is_closed_is_told_from_a_locked_keyring(self):
        service, prompter = self.service_with_a_person()
        service.lock()
        store = self.store(service, may_prompt=True)
        for verb, request in VERBS.items():
            with self.subTest(verb):
                prompter.close()
                self.assertEqual(store(verb, **request)["reason"], "dismissed")

    def test_no_dialog_is_shown_to_nobody(self):
        service, prompter = self.service_with_a_person()
        service.lock()
        prompter.type(service.password)
        self.assert_every_verb_fails(self.store(service), "locked", "The keyring is locked.")
        self.assertTrue(prompter.waiting())

    def test_a_stop_request_ends_the_wait_for_a_person_also_when_the_provider_hangs(self):
        for hangs in (False, True):
            with self.subTest(hangs=hangs):
                service, prompter = self.service_with_a_person()
                service.lock()
                store = self.store(service, may_prompt=True)
                prompter.type(service.password, delay_ms=600_000)
                store.begin("probe", stop_after_ms=1500)
                self.wait_for(lambda: not prompter.waiting())
                if hangs:
                    service.stop()
                self.assertEqual(store.answer()["class"], "interrupted")
                service.cont()
                service.end()

    def test_a_provider_killed_with_its_dialog_open_is_absent(self):
        service, prompter = self.service_with_a_person()
        service.lock()
        store = self.store(service, may_prompt=True)
        prompter.type(service.password, delay_ms=600_000)
        store.begin("probe")
        self.wait_for(lambda: not prompter.waiting())
        service.kill()
        self.assertEqual(store.answer()["reason"], "absent")

    def test_without_a_dialog_program_an_allowed_dialog_ends_as_dismissed(self):
        service = self.service()
        service.lock()
        store = self.store(service, may_prompt=True)
        self.assert_every_verb_fails(store, "dismissed",
                                     "The keyring is locked, and its dialog was closed or could not be shown.")

    def test_a_bus_without_a_provider_is_said_at_once(self):
        self.assert_every_verb_fails(
            self.store(self.service(provider=False)), "absent",
            "No keyring is running: nothing on the session bus offers the Secret Service.")

    def test_without_a_bus_none_is_started(self):
        with tempfile.TemporaryDirectory() as folder:
            started = pathlib.Path(folder, "started")
            launcher = pathlib.Path(folder, "dbus-launch")
            launcher.write_text(f"#!/bin/sh\ntouch {started}\n")
            launcher.chmod(0o755)
            environment = {**no_bus(folder), "PATH": f"{folder}:{os.environ['PATH']}", "DISPLAY": ":99"}
            self.assert_every_verb_fails(self.store(environment), "absent",
                                         "There is no D-Bus session bus, so no keyring can be reached.")
            self.assertFalse(started.exists())

    def test_a_bus_that_is_gone_or_not_local_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            store = self.store({"DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/bus"})
            self.assertEqual(store("probe")["reason"], "absent")
            self.assertIn("The D-Bus session bus cannot be reached: ", store("probe")["message"])
        for address in ("tcp:host=127.0.0.1,port=1", "autolaunch:", "unix:path=/nowhere;tcp:host=127.0.0.1,port=1"):
            self.assert_every_verb_fails(self.store({"DBUS_SESSION_BUS_ADDRESS": address}), "denied",
                                         "DBUS_SESSION_BUS_ADDRESS names a bus that is not a local socket.")

    def test_no_variable_sends_a_secret_to_another_service(self):
        service = self.service()
        store = self.store({**service.environment(), "SECRET_SERVICE_BUS_NAME": "com.example.Elsewhere",
                            "SECRET_BACKEND": "file"})
        self.assertEqual(store("save", id="a", value="one"), DONE)
        self.assertEqual(self.store(service)("load", id="a"), {"value": "one"})

    def test_a_stopped_provider_ends_each_call_at_the_deadline(self):
        service = self.service()
        used = self.store(service, timeout_ms=1500)
        self.assertEqual(used("save", id="session-1", value="kept"), DONE)
        service.stop()
        self.addCleanup(service.cont)
        message = "The keyring did not answer within 1.5 s."
        self.assertEqual(used("load", id="session-1")["message"], message)
        self.assert_every_verb_fails(self.store(service, timeout_ms=1500), "timeout", message)
        service.cont()
        self.assertEqual(used("probe"), DONE)

    def test_a_stop_request_ends_a_call_at_once(self):
        service = self.service()
        store = self.store(service, timeout_ms=600_000)
        service.stop()
        self.addCleanup(service.cont)
        for verb, request in VERBS.items():
            with self.subTest(verb):
                self.assertEqual(store(verb, stop_after_ms=20, **request)["class"], "interrupted")

    def test_a_provider_killed_in_the_middle_of_a_call_is_absent(self):
        for verb, request in VERBS.items():
            with self.subTest(verb):
                service = self.service()
                store = self.store(service)
                self.assertEqual(store("probe"), DONE)
                service.stop()
                store.begin(verb, **request)
                service.kill()
                answer = store.answer()
                self.assertEqual((answer["class"], answer["reason"]), ("store", "absent"), answer)
                service.end()

    def test_a_provider_that_was_killed_and_started_again_is_found(self):
        service = self.service()
        store = self.store(service)
        self.assertEqual(store("save", id="a", value="kept"), DONE)
        for _ in range(3):
            service.kill()
            service.start_provider()
            self.assertEqual(store("load", id="a"), {"value": "kept"})
            self.assertEqual(store("save", id="a", value="kept"), DONE)

    def delete_default_collection(self, service):
        subprocess.run(["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.secrets",
                        DEFAULT_COLLECTION, "org.freedesktop.Secret.Collection.Delete"],
                       env={**os.environ, **service.environment()}, check=True, capture_output=True, timeout=20)

    def test_a_person_may_make_the_default_keyring_that_is_missing_but_only_to_save(self):
        service, prompter = self.service_with_a_person()
        self.delete_default_collection(service)
        store = self.store(service, may_prompt=True)
        prompter.type("a new password")
        for verb in ("load", "erase", "list"):
            self.assertEqual(store(verb, id="a")["reason"], "absent")
        self.assertTrue(prompter.waiting())
        self.assertEqual(store("probe"), DONE)
        self.assertFalse(prompter.waiting())
        self.assertEqual(store("save", id="a", value="kept"), DONE)
        self.assertEqual(self.store(service)("load", id="a"), {"value": "kept"})

    def test_a_service_without_a_default_keyring_is_told_from_an_empty_one(self):
        service = self.service()
        store = self.store(service)
        self.delete_default_collection(service)
        self.assert_every_verb_fails(store, "absent",
                                     "The keyring service is running, but has no default keyring that is open.")


if __name__ == "__main__":
    unittest.main()
