#include "child_process.hpp"

#include "process.hpp"

#include <cerrno>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

int spawn(ChildProcess& command, char* const* words, pid_t& id) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  for (const Handover::Passed& passed : command.handover.descriptors())
    posix_spawn_file_actions_adddup2(&actions, passed.file.get(), passed.number);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  const StartLimits limits;
  const int failed =
      posix_spawnp(&id, words[0], &actions, &attributes, words, command.handover.environment());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

}  // namespace

int become(ChildProcess& command) {
  close_others_on_exec(command.inherited);
  for (const Handover::Passed& passed : command.handover.descriptors())
    if (dup2(passed.file.get(), passed.number) == -1) return errno;
  sigset_t none;
  sigemptyset(&none);
  (void)pthread_sigmask(SIG_SETMASK, &none, nullptr);
  const StartLimits limits;
  (void)execvpe(command.words[0], command.words.data(), command.handover.environment());
  return errno;
}

int start(ChildProcess& command, pid_t& id) {
  close_others_on_exec(command.inherited);
  const int failed = spawn(command, command.words.data(), id);
  if (failed != ENOEXEC) return failed;
  // A script without "#!": as execvp(3) does, and posix_spawnp(3) does not.
  char shell[] = "/bin/sh";
  char option[] = "-c";
  char line[] = "exec \"$0\" \"$@\"";
  std::vector<char*> words{shell, option, line};
  words.insert(words.end(), command.words.begin(), command.words.end());
  words.push_back(nullptr);
  return spawn(command, words.data(), id);
}

}  // namespace oauth_token::cli
