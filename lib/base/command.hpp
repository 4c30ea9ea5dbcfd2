#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <chrono>
#include <stop_token>
#include <string>

namespace oauth_token {

inline constexpr std::chrono::seconds command_time_limit{60};

struct ShellCommand {
  const std::string& line;
  const Secret* input = nullptr;  ///< nullptr: standard input is /dev/null
  bool wants_output = false;      ///< false: standard output is /dev/null
  std::chrono::milliseconds time_limit = command_time_limit;
};

/// Runs `/bin/sh -c line` in a process group of its own, without any OAUTH_TOKEN_* variable and with no
/// descriptor but 0 to 2. Returns what it wrote (at most two bytes more than secret_source_limit) once the
/// shell ended with status 0; nothing of its process group is left then. Blocks. Works beside other threads
/// and changes no signal disposition. The command's text is in no message, since it may hold a secret.
/// Errors: `config` (it could not be started, ended with another status, or wrote too much), `timeout`,
/// `interrupted`.
Result<Secret> run_shell(const ShellCommand& command, std::stop_token stop);

}  // namespace oauth_token
