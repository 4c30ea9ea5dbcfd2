#include "base/command.hpp"

#include "base/child.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <sys/wait.h>

namespace oauth_token {
namespace {

Result<void> check_end(const std::optional<siginfo_t>& end) {
  if (!end)
    return fail(ErrorClass::config, "How the command ended cannot be known: this process ignores SIGCHLD.",
                "Let the process handle SIGCHLD by default.");
  const int status = end->si_status;
  if (end->si_code != CLD_EXITED)
    return fail(ErrorClass::config, "The command was ended by signal " + std::to_string(status) + ".",
                "Run it by hand to see why.");
  if (status == 0) return {};
  std::string meaning = status == 127   ? " (there is no such command)"
                        : status == 126 ? " (it cannot be executed)"
                                        : "";
  return fail(ErrorClass::config, "The command ended with status " + std::to_string(status) + meaning + ".",
              "Run it by hand to see why.");
}

std::string seconds(std::chrono::milliseconds time) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count()) + " s";
}

}  // namespace

Result<Secret> run_shell(const ShellCommand& command, std::stop_token stop) {
  const Waiting waiting(std::move(stop));
  if (waiting.stop_requested())
    return fail(ErrorClass::interrupted, "Interrupted before the command was started.");
  ChildEnd end = run_child({.words = {"/bin/sh", "-c", command.line},
                            .input = command.input,
                            .wants_output = command.wants_output,
                            .own_group = true,
                            .time_limit = command.time_limit},
                           waiting);
  if (end.start_error != 0)
    return fail(ErrorClass::config,
                "The command cannot be started: " + std::generic_category().message(end.start_error) + ".",
                end.start_error == EMFILE ? "Raise the limit of open files (ulimit -n)." : "");
  const std::string fate = end.how ? "; it was ended" : "; it could not be ended, and runs on";
  if (end.woken == Wake::stopped)
    return fail(ErrorClass::interrupted, "Interrupted while the command ran" + fate + ".");
  if (end.woken == Wake::deadline)
    return fail(ErrorClass::timeout,
                "The command did not end within " + seconds(command.time_limit) + fate + ".",
                "It runs without a terminal's input: a command that asks a person must open a window.");
  if (end.too_much)
    return fail(ErrorClass::config,
                "The command wrote more than 64 KiB, which is no secret of any use here" + fate + ".",
                "Let it write the secret alone.");
  if (auto checked = check_end(end.how); !checked) return fail(std::move(checked.error()));
  return std::move(end.output);
}

}  // namespace oauth_token
