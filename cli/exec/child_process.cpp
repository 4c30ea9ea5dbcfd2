#include "child_process.hpp"

#include "process.hpp"

#include <cerrno>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

void drop_handlers() noexcept {
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    if (sigaction(number, nullptr, &action) != 0) continue;
    if (action.sa_handler != SIG_IGN && action.sa_handler != SIG_DFL) (void)signal(number, SIG_DFL);
  }
}

/// In the process that becomes COMMAND; allocates nothing.
int run(ChildProcess& command) {
  for (const Handover::Passed& passed : command.handover.descriptors())
    if (dup2(passed.file.get(), passed.number) == -1) return errno;
  const StartState state;
  sigset_t none;
  sigemptyset(&none);
  (void)pthread_sigmask(SIG_SETMASK, &none, nullptr);
  (void)execvpe(command.words[0], command.words.data(), command.handover.environment());
  return errno;
}

}  // namespace

int become(ChildProcess& command) {
  close_others_on_exec(command.inherited);
  return run(command);
}

int start(ChildProcess& command, pid_t& id) {
  close_others_on_exec(command.inherited);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  volatile int failed = 0;
  // As posix_spawn(3) does it, which cannot let COMMAND ignore a signal that we do not: the memory, which is
  // not copied, is ours, everything else is the child's own. No handler of ours may run there.
  const pid_t child = vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
  if (child == 0) {
    drop_handlers();        // NOLINT(clang-analyzer-unix.Vfork): sigaction(2) is the child's own
    failed = run(command);  // NOLINT(clang-analyzer-unix.Vfork): system calls alone, then execve(2)
    _exit(1);
  }
  if (child == -1) failed = errno;
  (void)pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (child != -1 && failed != 0) (void)waitpid(child, nullptr, 0);
  id = child;
  return failed;
}

}  // namespace oauth_token::cli
