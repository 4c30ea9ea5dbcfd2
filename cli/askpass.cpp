#include "askpass.hpp"

#include "descriptor.hpp"

#include <oauth_token/secret_source.hpp>
#include <oauth_token/text.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

constexpr int time_to_end_ms = 500;

std::vector<char*> environment_without_ours() {
  std::vector<char*> kept;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    if (!std::string_view(*entry).starts_with("OAUTH_TOKEN_")) kept.push_back(*entry);
  kept.push_back(nullptr);
  return kept;
}

// 0, or the error's number.
int spawn(std::string program, std::string question, int output, pid_t& id) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  sigset_t none;
  sigset_t standard;
  ::sigemptyset(&none);
  ::sigemptyset(&standard);
  for (const int number : {SIGPIPE, SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP})
    ::sigaddset(&standard, number);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &standard);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::array<char*, 3> arguments{program.data(), question.data(), nullptr};
  const int failed = ::posix_spawnp(&id, program.c_str(), &actions, &attributes, arguments.data(),
                                    environment_without_ours().data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return failed;
}

// Reads until the program has ended or closed its output. False: a stop was requested.
bool read_output(int output, int ended, int wake_up, SecretBuffer& text) {
  constexpr std::size_t piece = 4096;
  while (text.size() <= secret_source_limit + 2) {
    std::array<pollfd, 3> on{{{.fd = output, .events = POLLIN, .revents = 0},
                              {.fd = ended, .events = POLLIN, .revents = 0},
                              {.fd = wake_up, .events = POLLIN, .revents = 0}}};
    if (::poll(on.data(), on.size(), -1) < 0 && errno != EINTR) return true;
    if (on[2].revents != 0) return false;
    const ssize_t count = ::read(output, text.room(piece), piece);
    if (count > 0)
      text.grew(static_cast<std::size_t>(count));
    else if (count == 0 || (on[1].revents != 0 && errno == EAGAIN))
      return true;
  }
  return true;
}

// How the program ended; one that is not wanted any more is ended first.
int finish(pid_t id, int ended, bool wanted) {
  if (!wanted) {
    ::kill(id, SIGTERM);
    pollfd on{.fd = ended, .events = POLLIN, .revents = 0};
    if (ended < 0 || ::poll(&on, 1, time_to_end_ms) <= 0) ::kill(id, SIGKILL);
  }
  int status = 0;
  while (::waitpid(id, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

Result<Secret> checked(SecretBuffer& text, const std::string& name) {
  std::string_view all = text.expose();
  if (all.size() > secret_source_limit || all.find('\0') != std::string_view::npos)
    return fail(ErrorClass::config, name + " wrote more than 64 KiB or a NUL byte, which is no password.",
                "Let it write the password alone.");
  if (all.ends_with('\n')) all.remove_suffix(all.ends_with("\r\n") ? 2 : 1);
  text.truncate(all.size());
  return text.take();
}

}  // namespace

Result<Secret> run_askpass(const std::string& program, const std::string& question,
                           const std::stop_token& stop) {
  const std::string name = "The askpass program \"" + escape_for_terminal(program) + "\"";
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    return fail(ErrorClass::config,
                name + " cannot be started: " + std::generic_category().message(errno) + ".");
  const Descriptor output(ends[0]);
  pid_t id = -1;
  {
    const Descriptor their_output(ends[1]);
    ::fcntl(ends[1], F_SETFL, 0);
    if (const int failed = spawn(program, question, ends[1], id); failed != 0)
      return fail(ErrorClass::config,
                  name + " cannot be started: " + std::generic_category().message(failed) + ".",
                  "Check --askpass or OAUTH_TOKEN_ASKPASS.");
  }
  const Descriptor ended(static_cast<int>(::syscall(SYS_pidfd_open, id, 0)));
  const StopDescriptor wake_up(stop);

  SecretBuffer text;
  const bool complete = read_output(output.get(), ended.get(), wake_up.get(), text);
  const int status = finish(id, ended.get(), complete && text.size() <= secret_source_limit + 2);
  if (!complete) return fail(ErrorClass::interrupted, "Interrupted while the askpass program was asking.");
  if (text.size() > secret_source_limit + 2 || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
    return checked(text, name);
  return fail(ErrorClass::usage, name + " gave no answer: it ended with " +
                                     (WIFEXITED(status) ? "status " + std::to_string(WEXITSTATUS(status))
                                                        : "signal " + std::to_string(WTERMSIG(status))) +
                                     ".");
}

}  // namespace oauth_token::cli
