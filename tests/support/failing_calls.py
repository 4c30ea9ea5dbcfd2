"""Each system call of a command fails once, by strace. The command ends with a status of the manual and a sentence, prints its
whole answer or nothing, and leaves what the next run needs.
"""

import re
import subprocess

from program import Finished, text
from renewal_case import RenewalCase

# All but those of memory and of the loader, without which no program runs.
CALLS = ("openat,read,pread64,write,pwrite64,newfstatat,statfs,fsync,fdatasync,rename,renameat,unlinkat,unlink,mkdir,mkdirat,"
         "fchmod,fchmodat,ftruncate,fallocate,flock,getdents64,socket,connect,sendto,recvfrom,getsockopt,getsockname,"
         "getpeername,setsockopt,pipe2,eventfd2,fcntl,memfd_create,readlink,keyctl,add_key,pidfd_open,ppoll,poll,prlimit64,"
         "access,ioctl,waitid,lseek,madvise,mlock")
STATUSES = {2, 4, 7, 8, 9, 10, 125, 126}
# What loads libraries, and what cannot fail: making a socket not block.
PASSED_OVER = re.compile(r"/(usr/)?lib(64)?/|ld\.so|/proc/self/exe|fcntl\(\d+<socket")
# Behind the libraries of the loader: this is the program's first act.
BEGINS = "RLIMIT_CORE"


class FailingCallsCase(RenewalCase):
    def run_under(self, strace, words):
        self.trace = self.program.home / "trace"
        command = ["strace", "-f", "-y", "-qq", "-e", "trace=execve," + CALLS, *strace, "-o", self.trace, self.program.path]
        done = subprocess.run([*command, *words], env=self.program.environment, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60, check=False)
        return Finished(done.returncode, text(done.stdout), text(done.stderr))

    def calls_of_main_thread(self):
        """Up to where `exec` becomes the command."""
        first, *lines = self.trace.read_text(errors="replace").splitlines()
        calls = [line for line in lines if line.split()[0] == first.split()[0] and re.match(r"\d+ +\w+\(", line)]
        return calls[:next((i for i, line in enumerate(calls) if " execve(" in line), None)]

    def check(self, prepare, words, answer=""):
        """`prepare` before each run; `answer` is what the command prints on standard output."""
        words = words if callable(words) else lambda given=words: given
        prepare()
        done = self.run_under([], words())
        self.assertEqual(done.status, 0, done.stderr)
        calls = self.calls_of_main_thread()
        begin = next(i for i, line in enumerate(calls) if BEGINS in line)
        names = [re.match(r"\d+ +(\w+)", line)[1] for line in calls]
        for i in range(begin + 1, len(calls)):
            if PASSED_OVER.search(calls[i]):
                continue
            with self.subTest(" ".join(words()), call=calls[i][:120]):
                prepare()
                # strace counts each call, and each thread, by itself.
                done = self.run_under(["-e", f"inject={names[i]}:error=EIO:when={names[:i + 1].count(names[i])}"], words())
                self.check_end(done, answer)
        prepare()
        self.assertEqual(self.program.run(*words()).status, 0)

    def check_end(self, done, answer):
        hit = [line for line in self.trace.read_text(errors="replace").splitlines() if "INJECTED" in line]
        self.assertNotIn("defect", done.stderr, hit)
        if any(PASSED_OVER.search(line) for line in hit) and done.status == 1 and "cannot be loaded" in done.stderr:
            return  # of another thread
        if done.status == 0:
            # The answer is whole: what failed was not needed.
            self.assertRegex(done.stdout, rf"(?s)\A(?:{answer})\Z", hit)
            return
        self.assertIn(done.status, STATUSES, (done, hit))
        if done.status != 10:
            self.assertEqual(done.stdout, "", hit)
        if not any(re.search(r"\bwrite\(2<", line) for line in hit):
            self.assertRegex(done.stderr, r"(?m)^oauth-token: \S", hit)
