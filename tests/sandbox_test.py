"""What a run that keeps nothing can still do to this machine once it was taken over: code of ours in the program tries, when
the program opens its connection."""

import ctypes
import json
import pathlib
import re
import subprocess
import unittest

import preload
from fault_server import FaultServer, answering, response
from program import Program

JSON = [("Content-Type", "application/json")]
TOKEN = b'{"access_token":"at","token_type":"Bearer","refresh_token":"rt","expires_in":3600}'

# In the place of connect(2), which runs on whichever thread the program uses.
TAKEN_OVER = """
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

int opens(const char* path, int flags) {
  const int file = open(path, flags | O_CLOEXEC, 0600);
  if (file < 0) return errno;
  close(file);
  return 0;
}

int starts() {
  char* words[] = {const_cast<char*>("/bin/true"), nullptr};
  char* none[] = {nullptr};
  pid_t child = 0;
  if (const int failed = posix_spawn(&child, words[0], nullptr, nullptr, words, none)) return failed;
  waitpid(child, nullptr, 0);
  return 0;
}

int failed(int result) { return result == 0 ? 0 : errno; }

}  // namespace

extern "C" int connect(int descriptor, const sockaddr* address, socklen_t size) {
  static bool has_tried = false;
  if (!has_tried && address->sa_family == AF_INET) {
    has_tried = true;
    const int tried[] = {starts(), opens("@/made", O_WRONLY | O_CREAT), opens("@/old", O_WRONLY), truncate("@/old", 1) == 0 ? 0 : errno,
                         failed(mkdir("@/folder", 0700)), failed(symlink("old", "@/link")), failed(rename("@/old", "@/new")),
                         failed(unlink("@/older")), opens("@/kept", O_RDONLY), opens("/dev/null", O_WRONLY)};
    char text[400] = "tried:";
    for (const int each : tried) snprintf(text + strlen(text), sizeof text - strlen(text), " %d", each);
    strcat(text, "\\n");
    if (write(2, text, strlen(text)) < 0) _exit(99);
  }
  return reinterpret_cast<int (*)(int, const sockaddr*, socklen_t)>(dlsym(RTLD_NEXT, "connect"))(descriptor, address, size);
}
"""
CREATE_RULESET, ASK_VERSION = 444, 1  # landlock_create_ruleset(2)
EACCES = 13
REFUSED = [EACCES] * 8 + [0, 0]
FREE = [0] * 10


class SandboxTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if ctypes.CDLL(None).syscall(CREATE_RULESET, None, 0, ASK_VERSION) < 1:
            raise RuntimeError("This kernel has no Landlock, or it is not switched on (lsm=)")

    def setUp(self):
        self.program = Program({"OAUTH_TOKEN_STORE_KEY": "base64:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="})
        self.addCleanup(self.program.close)
        self.server = FaultServer(self.behave)
        self.addCleanup(self.server.stop)
        self.target = pathlib.Path(self.program.home) / "target"
        self.target.mkdir()
        self.hostile = preload.library(self.program.home, TAKEN_OVER.replace("@", str(self.target)))
        self.password = self.program.file("password", "pw")
        self.secret = self.program.file("secret", "cs")

    def behave(self, connection):
        while request := connection.read_request():
            if request.method == "GET":
                issuer = self.server.url("")
                connection.send(response(json.dumps({"issuer": issuer, "token_endpoint": issuer + "/token"}).encode(),
                                         headers=JSON))
            else:
                connection.send(response(TOKEN, headers=JSON))

    def tried(self, *words, status=0, prefix=(), **keywords):
        """What the hostile code could do, as numbers of errors."""
        for name in ("old", "older", "kept"):
            (self.target / name).write_text("text")
        for name in ("made", "link", "new"):
            (self.target / name).unlink(missing_ok=True)
        if (self.target / "folder").exists():
            (self.target / "folder").rmdir()
        self.program.prefix = [*prefix, "env", "LD_PRELOAD=" + self.hostile]
        done = self.program.run(*words, **keywords)
        self.assertEqual(done.status, status, done.stderr)
        results, = [line for line in done.stderr.splitlines() if line.startswith("tried: ")]
        return [int(each) for each in results.split()[1:]]

    def at_server(self, command, *words):
        return [command, "--token-endpoint", self.server.url(), "--client-id", "app", *words]

    def of_user(self, command, *words):
        return [*self.at_server(command, *words), "--username", "alice", "--password-file", self.password]

    def test_a_run_that_keeps_nothing_can_start_no_program_and_change_no_file(self):
        users = b"username,password\nalice,pw\n"
        for words, keywords in (
                (self.at_server("client-credentials", "--client-secret-file", self.secret), {}),
                (self.at_server("batch", "--no-input"), {"input": users}),
                (["discover", "--issuer", self.server.url("")], {}),
                (self.of_user("password", "--store", "none"), {}),
                (self.at_server("request", "http://grants.example/own", "--store", "none"), {})):
            with self.subTest(words[0]):
                self.assertEqual(self.tried(*words, **keywords), REFUSED)

    def test_a_run_that_keeps_a_session_or_starts_a_command_is_free(self):
        self.assertEqual(self.tried(*self.of_user("password", "--store", "file")), FREE)
        self.assertEqual(self.tried("refresh"), FREE)
        self.assertEqual(self.tried(*self.at_server("client-credentials", "--client-secret-command", "echo cs")), FREE)

    def is_shut_in(self, *words, **environment):
        trace = self.program.home / "trace"
        self.program.prefix = ["strace", "-f", "-qq", "-o", str(trace), "-e", "trace=landlock_restrict_self"]
        self.program.run(*words, environment=environment)
        return re.search(r"landlock_restrict_self\(.* = 0$", trace.read_text(), re.M) is not None

    def test_runs_that_need_no_server_or_something_else_of_this_machine(self):
        key = self.program.file("key.pem", subprocess.run(["openssl", "genpkey", "-algorithm", "ED25519"], check=True,
                                                          capture_output=True).stdout)
        signing = self.at_server("assertion", "--signing-key")
        credentials = self.at_server("client-credentials", "--client-secret-file", self.secret)
        self.assertTrue(self.is_shut_in(*signing, key))
        self.assertFalse(self.is_shut_in(*signing, "pkcs11:object=none"), "a library of the hardware's maker")
        self.assertTrue(self.is_shut_in(*credentials))
        self.assertFalse(self.is_shut_in(*credentials, "-o", "github", GITHUB_OUTPUT=self.program.file("output", "")))
        self.assertFalse(self.is_shut_in(*self.at_server("password", "--username", "alice", "--store", "none", "--askpass", "echo")))

    def test_commands_are_not_shut_in(self):
        secret = "sed -n 's/^NoNewPrivs:.//p' /proc/self/status >&2; echo cs"
        done = self.program.run(*self.at_server("client-credentials", "--client-secret-command", secret))
        self.assertEqual((done.status, done.stdout, done.stderr), (0, "at\n", "0\n"))
        self.tried(*self.of_user("password", "--store", "file"))
        self.program.prefix = ()
        done = self.program.run("exec", "--", "sed", "-n", "s/^NoNewPrivs:.//p", "/proc/self/status")
        self.assertEqual((done.status, done.stdout, done.stderr), (0, "0\n", ""))

    def test_a_kernel_that_cannot_do_it_changes_nothing(self):
        words = self.at_server("client-credentials", "--client-secret-file", self.secret)
        for call, error in (("landlock_create_ruleset", "ENOSYS"), ("landlock_create_ruleset", "EOPNOTSUPP"),
                            ("landlock_create_ruleset", "EINVAL:when=2"), ("landlock_restrict_self", "E2BIG"), ("prctl", "EPERM")):
            with self.subTest(call, error=error):
                strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error={error}"]
                self.assertEqual(self.tried(*words, prefix=strace), FREE)

    def test_doctor_says_which_it_is(self):
        says = {}
        for name, prefix in (("here", ()), ("without", (
                "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=landlock_create_ruleset", "-e",
                "inject=landlock_create_ruleset:error=ENOSYS"))):
            done = subprocess.run([*prefix, self.program.path, "doctor", "-o", "json", "--issuer", self.server.url("")],
                                  env=self.program.environment, capture_output=True, text=True, timeout=60, check=False)
            says[name], = [check["message"] for check in json.loads(done.stdout)["checks"] if check["name"] == "sandbox"]
        self.assertTrue(re.fullmatch(
            r"A run that keeps nothing can neither start a program nor write a file \(Landlock \d+\)\.", says["here"]), says)
        self.assertEqual(says["without"], "There is no Landlock here: runs are not shut in.")


if __name__ == "__main__":
    unittest.main()
