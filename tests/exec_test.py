"""`exec`: what COMMAND finds, how it ends, and the file that is kept fresh beside it."""

import json
import os
import pathlib
import resource
import signal
import sys
import tempfile
import unittest

import preload
from cli_session_test import JSON, Server
from cli_usage_test import require_root
from fault_server import response
from full_pipe import wait_until
from program import SANITIZE, Program
from sealed_sessions import new_store_key

PYTHON = sys.executable


class Issuer(Server):
    """Tokens of a length, a lifetime and a type."""

    def __init__(self):
        self.lifetime = 3600
        self.padding = ""
        self.token_type = "Bearer"
        super().__init__()

    def _answer(self, request):
        answer = super()._answer(request)
        if b'"access_token"' not in answer:
            return answer
        return self._json({"access_token": f"at-{self.count}{self.padding}", "token_type": self.token_type,
                           "expires_in": self.lifetime, "refresh_token": f"rt-{self.count}"})


class ExecTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.store_key = new_store_key()
        self.program = Program({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
                                "OAUTH_TOKEN_STORE_KEY": self.store_key})
        self.addCleanup(self.program.close)
        self.server = Issuer()
        self.addCleanup(self.server.stop)

    def sign_in(self, *options):
        done = self.program.run("password", "--token-endpoint", self.server.url(), "--client-id", "app", "--username",
                                "alice", "--password-stdin", "--store", "file", *options, input="secret")
        self.assertEqual(done.status, 0, done.stderr)

    def exec(self, *words, **options):
        return self.program.run("exec", *words, **options)

    def python(self, code, *options, **more):
        done = self.exec(*options, "--", PYTHON, "-c", code, **more)
        self.assertEqual((done.status, done.stderr), (0, ""), done)
        return done.stdout

    def failed(self, status, *words, **options):
        done = self.exec(*words, **options)
        self.assertEqual((done.status, done.stdout), (status, ""), done.stderr)
        return done.stderr

    def path(self, name):
        return pathlib.Path(self.program.home) / name


class HandoverTest(ExecTest):
    def test_the_token_is_in_a_variable_and_no_secret_of_ours_beside_it(self):
        self.sign_in()
        secrets = {"OAUTH_TOKEN_PASSWORD": "p-canary", "OAUTH_TOKEN_CLIENT_SECRET": "c-canary",
                   "OAUTH_TOKEN_REFRESH_TOKEN": "r-canary", "ACCESS_TOKEN": "old", "OAUTH_TOKEN_SESSION": "default"}
        environment = self.python("import sys; sys.stdout.write(open('/proc/self/environ').read())",
                                  environment=secrets).split("\0")
        self.assertIn("ACCESS_TOKEN=at-1", environment)
        self.assertIn("OAUTH_TOKEN_SESSION=default", environment)
        self.assertEqual(len([entry for entry in environment if entry.startswith("ACCESS_TOKEN=")]), 1)
        for secret in ("canary", self.store_key, "rt-1"):
            self.assertNotIn(secret, "\0".join(environment))
        self.assertEqual(self.server.grants(), ["password"])

    def test_the_caller_s_other_variables_reach_the_command_as_they_are(self):
        self.sign_in()
        more = {"SSLKEYLOGFILE": str(self.path("keys")), "LC_ALL": "C", "EMPTY": "", "ODD": "a=b\nc"}
        out = self.python("import json, os; print(json.dumps(dict(os.environ)))", environment=more)
        self.assertEqual({name: value for name, value in json.loads(out).items() if name in more}, more)
        expected = {**self.program.environment, **more, "ACCESS_TOKEN": "at-1"}
        del expected["OAUTH_TOKEN_STORE_KEY"]
        self.assertEqual(json.loads(out), expected)

    def test_a_variable_that_loading_the_http_module_sets_is_nobody_else_s(self):
        name = "GNUTLS_NO_IMPLICIT_INIT"  # cli/libraries.hpp
        code = f"import os; print(os.environ.get('ACCESS_TOKEN'), os.environ.get('{name}'))"
        for more, seen in ({}, "None"), ({name: "0"}, "0"):
            self.server.lifetime = 60
            self.sign_in("--replace")
            self.server.lifetime = 3600
            self.assertRegex(self.python(code, "--min-valid", "100", environment=more), rf"^at-\d {seen}\n$")
        self.assertEqual(self.server.count, 4)

    def test_the_variable_may_have_another_name(self):
        self.sign_in()
        out = self.python("import os; print(os.environ['MY_TOKEN'], 'ACCESS_TOKEN' in os.environ)", "--env", "MY_TOKEN")
        self.assertEqual(out, "at-1 False\n")

    def test_the_token_is_renewed_when_it_must_live_longer(self):
        self.server.lifetime = 100
        self.sign_in()
        self.server.lifetime = 3600
        self.assertEqual(self.python("import os; print(os.environ['ACCESS_TOKEN'])", "--min-valid", "200"), "at-2\n")

    def test_on_descriptors_instead_there_is_no_variable(self):
        self.sign_in()
        code = ("import os; print(os.read(5, 9999), open('/dev/fd/4').read(), open('/dev/fd/4').read(),"
                "'ACCESS_TOKEN' in os.environ)")
        out = self.python(code, "--token-fd", "5", "--header-fd", "4")
        self.assertEqual(out, "b'at-1' Authorization: Bearer at-1\n Authorization: Bearer at-1\n False\n")
        out = self.python("import os; print(os.read(3, 9), os.environ['T'])", "--token-fd", "3", "--env", "T")
        self.assertEqual(out, "b'at-1' at-1\n")
        self.assertEqual(self.python("print(input())", "--token-fd", "0"), "at-1\n")
        self.assertEqual(self.exec("--token-fd", "3", "--", "sh", "-c", "cat <&3").stdout, "at-1")

    def test_a_token_of_almost_a_mebibyte_fits_a_descriptor_and_no_variable(self):
        self.server.padding = "x" * 1_000_000
        self.sign_in()
        self.assertEqual(self.python("import sys; print(len(open('/dev/fd/3').read()))", "--token-fd", "3"), "1000004\n")
        said = self.failed(125, "--", "true")
        self.assertIn("output: The access token has 1000004 bytes", said)
        self.assertIn("--token-fd", said)

    def test_nobody_can_change_what_the_descriptor_holds(self):
        self.sign_in()
        code = "import os\ntry: os.write(3, b'x')\nexcept PermissionError: print('sealed')"
        self.assertEqual(self.python(code, "--token-fd", "3"), "sealed\n")

    def test_a_token_that_is_no_bearer_token_has_no_header(self):
        self.server.token_type = "DPoP"
        self.sign_in()
        said = self.failed(125, "--header-fd", "3", "--", "true")
        self.assertIn('protocol: The token is of type "DPoP", not Bearer.', said)

    def test_no_descriptor_of_ours_leaks_and_those_of_the_caller_stay(self):
        self.server.lifetime = 100
        self.sign_in()
        self.server.lifetime = 3600
        code = "import os; print(sorted(int(f) for f in os.listdir('/proc/self/fd')))"
        # The first one renews: a connection and a session's files have been open then.
        for more in (["--min-valid", "200"], [], ["--refresh-file", str(self.path("token"))]):
            with self.subTest(more), tempfile.TemporaryFile() as file:
                # One more is the folder that is being listed.
                self.assertEqual(self.python(code, *more), "[0, 1, 2, 3]\n")
                self.assertEqual(len(json.loads(self.python(code, *more, pass_fds=(file.fileno(),)))), 5)

    def test_signals_and_limits_are_as_the_shell_would_give_them(self):
        self.sign_in()
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        soft = 8192 if hard == resource.RLIM_INFINITY else hard

        def before():
            resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD, signal.SIGUSR1])

        for more in ([], ["--refresh-file", str(self.path("token"))]):
            with self.subTest(more):
                out = self.exec(*more, "--", "cat", "/proc/self/status", preexec_fn=before).stdout
                masks = dict(line.split(":\t") for line in out.splitlines() if line.startswith("Sig"))
                ignored = 1 << signal.SIGCHLD - 1 | 1 << signal.SIGPIPE - 1
                for name, expected in (("SigBlk", 0), ("SigIgn", ignored), ("SigCgt", 0)):
                    self.assertEqual(int(masks[name], 16) & ~(3 << 31), expected, name)  # 32, 33: the C library's own
                out = self.exec(*more, "--", "cat", "/proc/self/status").stdout
                self.assertIn("SigIgn:\t0000000000000000\n", out)
                out = self.exec(*more, "--", "cat", "/proc/self/limits", preexec_fn=before).stdout
                limits = next(line for line in out.splitlines() if line.startswith("Max core file size"))
                self.assertEqual(limits.split()[4], str(soft))

    def test_what_the_caller_ignores_stays_ignored(self):
        self.sign_in()
        for more in ([], ["--refresh-file", str(self.path("token"))]):
            done = self.exec(*more, "--", "sh", "-c", "kill -HUP $$; echo alive",
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
            self.assertEqual((done.status, done.stdout), (0, "alive\n"))

    def test_a_closed_standard_descriptor_is_closed_for_the_command_too(self):
        self.sign_in()
        done = self.exec("--", "sh", "-c", "test -e /proc/self/fd/0 || echo closed", preexec_fn=lambda: os.close(0))
        self.assertEqual((done.status, done.stdout), (0, "closed\n"), done.stderr)


class StatusTest(ExecTest):
    def test_the_command_s_own_status_and_signal_are_passed_on(self):
        self.sign_in()
        for more in ([], ["--refresh-file", str(self.path("token"))]):
            with self.subTest(more):
                self.assertEqual(self.exec(*more, "--", "sh", "-c", "exit 7").status, 7)
                self.assertEqual(self.exec(*more, "--", "sh", "-c", "kill -TERM $$").status, -signal.SIGTERM)
                self.assertEqual(self.exec(*more, "--", "sh", "-c", "kill -SEGV $$").status, -signal.SIGSEGV)
                self.assertFalse(self.path("token").exists())

    def test_a_command_that_cannot_be_run(self):
        self.sign_in()
        plain = self.program.file("plain", "#!/bin/sh\n", mode=0o644)
        for more in ([], ["--refresh-file", str(self.path("token"))]):
            with self.subTest(more):
                self.assertIn('"no-such-command"', self.failed(127, *more, "--", "no-such-command"))
                self.assertIn("Permission denied", self.failed(126, *more, "--", plain))
                error = json.loads(self.failed(127, *more, "-o", "json", "--", "/no/such"))
                self.assertEqual(error["exit_status"], 127)
                self.assertFalse(self.path("token").exists())

    def test_a_script_without_an_interpreter_line_is_run_by_the_shell(self):
        self.sign_in()
        script = self.program.file("script", 'echo "$#" "$2"\n', mode=0o755)
        for more in ([], ["--refresh-file", str(self.path("token"))]):
            done = self.exec(*more, "--", script, "a", "b c")
            self.assertEqual((done.status, done.stdout), (0, "2 b c\n"), done.stderr)

    def test_failures_of_our_own_are_125_with_the_class(self):
        table = [
            ([], 'usage: "--" is missing before COMMAND.'),
            (["work", "curl", "-H", "x"], 'usage: "--" is missing before COMMAND.'),
            (["--"], 'usage: There is no COMMAND behind "--".'),
            (["--session", "--", "true"], "usage: --session needs a value."),
            (["a", "b", "--", "true"], "usage: There is one argument too many."),
            (["--frob", "--", "true"], "usage: There is no option --frob."),
            (["--", "true"], 'reauthenticate: There is no session "default".'),
            (["--env", "1A", "--", "true"], "usage: --env 1A is no name"),
            (["--env", "A=B", "--", "true"], "usage: --env A=B is no name"),
            (["--env", "OAUTH_TOKEN_X", "--", "true"], "usage: --env OAUTH_TOKEN_X has a meaning of its own"),
            (["--token-fd", "1", "--", "true"], "usage: --token-fd 1 is where COMMAND writes"),
            (["--token-fd", "x", "--", "true"], "usage: --token-fd must be"),
            (["--token-fd", "3", "--header-fd", "3", "--", "true"], "usage: --token-fd and --header-fd name the same"),
            (["--refresh-file", "/", "--", "true"], "usage: --refresh-file / names a folder"),
        ]
        for words, expected in table:
            with self.subTest(words):
                self.assertIn(expected, self.failed(125, *words))
                if "--" in words and words[-1] == "true":
                    error = json.loads(self.failed(125, "-o", "json", *words))
                    self.assertEqual((error["class"], error["exit_status"]), (expected.split(":")[0], 125))

    @unittest.skipIf(SANITIZE, "a sanitizer has a malloc of its own, which cannot be taken the place of")
    def test_running_out_of_memory_is_125_and_told_as_asked(self):
        # The only block of this size is the word's.
        short = preload.library(self.program.home, """
            #include <dlfcn.h>
            #include <cstddef>
            extern "C" void* malloc(std::size_t size) noexcept {
              static const auto real = reinterpret_cast<void* (*)(std::size_t)>(dlsym(RTLD_NEXT, "malloc"));
              return size > 100'000 && size < 110'000 ? nullptr : real(size);
            }""")
        environment = {"LD_PRELOAD": short}
        said = self.failed(125, "x" * 105_000, "--", "true", environment=environment)
        self.assertEqual(said, "oauth-token: internal: There is not enough memory.\n  Raise the limit: ulimit -v.\n")
        error = json.loads(self.failed(125, "x" * 105_000, "-o", "json", "--", "true", environment=environment))
        self.assertEqual((error["class"], error["exit_status"]), ("internal", 125))

    def test_the_words_behind_the_split_are_the_command_s_alone(self):
        self.sign_in()
        done = self.exec("--", "echo", "--password", "x", "--", "-o", "json", "--help")
        self.assertEqual((done.status, done.stdout, done.stderr), (0, "--password x -- -o json --help\n", ""))

    def test_an_outage_and_a_number_too_high_for_a_descriptor_are_125(self):
        self.server.lifetime = 0
        self.sign_in()
        self.server.answers = [response(b"down", 500)]
        self.assertIn("server: ", self.failed(125, "--", "true"))
        self.server.lifetime = 3600
        self.sign_in()
        self.assertIn("output: Descriptor 1048575 cannot be made",
                      self.failed(125, "--token-fd", "1048575", "--", "true"))

    def test_dry_run_runs_nothing(self):
        self.sign_in()
        done = self.exec("--dry-run", "--", "echo", "ran")
        self.assertEqual((done.status, done.stdout), (0, ""), done.stderr)
        self.assertIn("grant_type: refresh_token", done.stderr)
        self.assertEqual(self.server.grants(), ["password"])


class RefreshFileTest(ExecTest):
    def start(self, *words, options=(), **more):
        process = self.program.start("exec", "--refresh-file", str(self.path("token")), *options, "--", *words, **more)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if not pipe.closed:
                pipe.close()

    def token(self):
        return self.path("token").read_text()

    def test_the_file_holds_the_token_alone_and_is_removed_at_the_end(self):
        self.sign_in()
        code = ("import os, stat; p = os.environ['ACCESS_TOKEN_FILE']; s = os.lstat(p);"
                "print(repr(open(p).read()), oct(s.st_mode), p, 'ACCESS_TOKEN' in os.environ)")
        old = os.umask(0)
        self.addCleanup(os.umask, old)
        out = self.python(code, "--refresh-file", "token", cwd=self.program.home)
        self.assertEqual(out, f"'at-1' 0o100600 {self.path('token')} False\n")
        self.assertFalse(self.path("token").exists())
        out = self.python("import os; print(os.environ['T'])", "--refresh-file", str(self.path("token")), "--env", "T")
        self.assertEqual(out, "at-1\n")

    def test_it_is_rewritten_before_the_token_expires_and_no_reader_finds_it_empty(self):
        self.server.lifetime = 4
        self.sign_in()
        code = ("import os, sys, time\np = os.environ['ACCESS_TOKEN_FILE']\nseen = set()\n"
                "while len(seen) < 3: seen.add(open(p).read()); time.sleep(0.001)\nprint(sorted(seen))")
        self.assertEqual(self.python(code, "--refresh-file", str(self.path("token"))), "['at-1', 'at-2', 'at-3']\n")
        self.assertEqual(self.server.grants(), ["password", "refresh_token", "refresh_token"])

    def test_it_has_as_much_life_left_as_was_asked_for(self):
        self.server.lifetime = 100
        self.sign_in()
        process = self.start("sleep", "60", options=["--min-valid", "98"])
        wait_until(lambda: self.path("token").exists() and self.token() == "at-2", "a token renewed 2 s after the first")
        process.terminate()
        self.assertEqual(process.wait(20), -signal.SIGTERM)

    def test_an_outage_is_a_warning_and_is_made_good_while_the_old_token_lives(self):
        self.server.lifetime = 100
        self.sign_in()
        self.server.answers = [response(b"down", 500), response(b"down", 500)]
        process = self.start("sleep", "60", options=["--min-valid", "96"])
        wait_until(lambda: self.path("token").exists() and self.token() == "at-2", "a renewal after the outage")
        self.assertEqual(self.server.grants(), ["password"] + 3 * ["refresh_token"])
        process.terminate()
        self.assertEqual(process.wait(20), -signal.SIGTERM)
        said = process.stderr.read().decode()
        self.assertEqual(said.count("warning"), 1, said)
        self.assertIn("could not be renewed, but is still valid", said)

    def test_a_session_that_cannot_be_renewed_never_ends_the_command(self):
        self.server.lifetime = 8
        self.sign_in()
        self.server.answers = [response(b'{"error":"invalid_grant"}', 400, JSON)]
        process = self.start("sh", "-c", "read line; cat \"$ACCESS_TOKEN_FILE\"; exit 3")
        wait_until(lambda: self.server.grants() == ["password", "refresh_token"], "a renewal")
        said = b""
        while b"has expired" not in said:
            said += process.stderr.readline()
        out, _ = process.communicate(b"\n", 20)
        self.assertEqual((process.returncode, out), (3, b"at-1"), said)

    def test_a_new_sign_in_meanwhile_reaches_the_file(self):
        self.server.lifetime = 100
        self.sign_in()
        self.server.answers = [response(b'{"error":"invalid_grant"}', 400, JSON)]
        process = self.start("sleep", "60", options=["--min-valid", "99"])
        wait_until(lambda: self.server.grants() == ["password", "refresh_token"], "a renewal")
        self.server.lifetime = 3600
        self.sign_in()
        wait_until(lambda: self.token() == "at-2", "the token of the new sign-in")
        process.terminate()
        process.wait(20)

    def test_signals_go_to_the_command_and_only_its_end_ends_us(self):
        self.sign_in()
        trap = "".join(f"trap 'echo {name}' {name}; " for name in ("HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "WINCH"))
        process = self.start("bash", "-c", trap + "trap 'echo TERM; exit 9' TERM; echo ready; while :; do sleep 0.01; done")
        self.assertEqual(process.stdout.readline(), b"ready\n")
        for name in ("HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "WINCH", "TERM"):
            process.send_signal(getattr(signal, "SIG" + name))
            self.assertEqual(process.stdout.readline(), name.encode() + b"\n")
        self.assertEqual(process.wait(20), 9)
        self.assertFalse(self.path("token").exists())

    def test_ctrl_c_reaches_the_command_once(self):
        self.sign_in()
        # Each delivery is a byte in the pipe. It stays busy, so that one is not still pending when another arrives.
        counting = ("import os, signal, time\nr, w = os.pipe()\nos.set_blocking(w, False)\nsignal.set_wakeup_fd(w)\n"
                    "seen = []\nsignal.signal(signal.SIGINT, lambda *_: seen.append(time.monotonic()))\n"
                    "print('ready', flush=True)\nwhile not seen or time.monotonic() < seen[0] + 0.3: pass\n"
                    "print(f'n={len(os.read(r, 9))}.')")
        with self.program.terminal("exec", "--refresh-file", str(self.path("token")), "--", PYTHON, "-c", counting) as terminal:
            terminal.wait_for("ready")
            terminal.type("\x03")
            terminal.wait_for("n=1.")
            self.assertEqual(terminal.wait(), 0)
        with self.program.terminal("exec", "--refresh-file", str(self.path("token")), "--", "sleep", "60") as terminal:
            wait_until(self.path("token").exists, "the file")
            wait_until(lambda: children(terminal.process.pid), "COMMAND")
            terminal.type("\x03")
            self.assertEqual(terminal.wait(), -signal.SIGINT)
        self.assertFalse(self.path("token").exists())

    def test_ctrl_z_and_fg_work(self):
        self.server.lifetime = 3600
        self.sign_in()
        with self.program.shell() as shell:
            shell.wait_for("ready> ")
            shell.type(f"oauth-token exec --refresh-file {self.path('token')} -- sh -c 'echo be''gun; read x; echo got $x'\n")
            shell.wait_for("begun")
            shell.type("\x1a")
            shell.wait_for("Stopped")
            shell.wait_for("ready> ")
            # The reader too: until it has stopped, it may take what is typed for the shell.
            reader = children(children(shell.process.pid)[0])[0]
            wait_until(lambda: state(reader) == "T", "COMMAND to stop")
            shell.type("fg\n")
            shell.wait_for("exec")
            shell.type("word\n")
            shell.wait_for("got word")
            shell.wait_for("ready> ")
            shell.type("exit\n")
            shell.wait()

    def test_a_place_that_is_not_safe_is_refused_before_anything_is_sent(self):
        self.server.lifetime = 1
        self.sign_in()
        self.program.file("other", "precious", mode=0o644)
        self.path("link").symlink_to(self.path("other"))
        self.path("open").mkdir()
        self.path("open").chmod(0o777)
        self.path("away").symlink_to(self.program.home)
        table = {"other": "other users can use it", "link": "it is a link", "open/token": "other users can write to it",
                 "away/token": "it is a link", "missing/token": "No such file", "": "names a folder"}
        for name, expected in table.items():
            with self.subTest(name):
                self.assertIn(expected, self.failed(125, "--refresh-file", f"{self.program.home}/{name}", "--", "true"))
        self.assertEqual(self.path("other").read_text(), "precious")
        self.assertEqual(self.server.grants(), ["password"])

    def test_a_file_or_folder_of_another_user_is_refused(self):
        require_root()
        self.sign_in()
        os.chown(self.program.file("other", "precious"), 1, 1)
        self.path("theirs").mkdir(mode=0o700)
        os.chown(self.path("theirs"), 1, 1)
        for name in ("other", "theirs/token"):
            said = self.failed(125, "--refresh-file", str(self.path(name)), "--", "true")
            self.assertIn("belongs to user id 1", said)

    def test_a_signal_before_the_command_is_started_leaves_no_file(self):
        self.sign_in()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1):
            early = preload.library(self.program.home, f"""
                #include <dlfcn.h>
                #include <string.h>
                #include <signal.h>
                #include <unistd.h>
                extern "C" int renameat(int from, const char* old, int to, const char* name) noexcept {{
                  static const auto real = reinterpret_cast<int (*)(int, const char*, int, const char*)>(
                      dlsym(RTLD_NEXT, "renameat"));
                  const int result = real(from, old, to, name);
                  if (strcmp(name, "token") == 0) kill(getpid(), {int(number)});
                  return result;
                }}""")
            with self.subTest(number.name):
                done = self.exec("--refresh-file", str(self.path("token")), "--", "sleep", "60",
                                 environment={"LD_PRELOAD": early})
                self.assertEqual((done.status, done.stdout), (-number, ""), done.stderr)
                self.assertFalse(self.path("token").exists())

    def test_another_file_in_its_place_is_not_removed(self):
        self.sign_in()
        code = "import os; p = os.environ['ACCESS_TOKEN_FILE']; os.rename(p, p + '.moved'); open(p, 'w').write('mine')"
        self.python(code, "--refresh-file", str(self.path("token")))
        self.assertEqual(self.token(), "mine")

    def test_a_new_file_in_its_place_is_not_taken_for_the_old_one(self):
        self.sign_in()
        # Where a file system gives the number of a removed file to the next one, that one gets it.
        code = ("import os; p = os.environ['ACCESS_TOKEN_FILE']; old = os.stat(p).st_ino; os.unlink(p)\n"
                "for n in range(50):\n  open(p, 'w').write('mine')\n"
                "  if os.stat(p).st_ino == old: break\n  os.rename(p, f'{p}.{n}')\nelse: open(p, 'w').write('mine')")
        self.python(code, "--refresh-file", str(self.path("token")))
        self.assertEqual(self.token(), "mine")

    def test_what_a_killed_run_left_is_replaced(self):
        self.sign_in()
        process = self.start("sleep", "60")
        wait_until(self.path("token").exists, "the file")
        child = wait_until_some(lambda: children(process.pid))
        process.kill()
        process.wait(20)
        os.kill(child[0], signal.SIGKILL)
        self.assertTrue(self.path("token").exists())
        self.assertEqual(self.exec("--refresh-file", str(self.path("token")), "--", "true").status, 0)
        self.assertFalse(self.path("token").exists())


def children(pid):
    return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def state(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def wait_until_some(ask):
    wait_until(ask, "some")
    return ask()


if __name__ == "__main__":
    unittest.main()
