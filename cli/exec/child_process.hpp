#pragma once

#include "handover.hpp"

#include <oauth_token/error.hpp>

#include <optional>
#include <span>
#include <vector>

#include <sys/types.h>

namespace oauth_token::cli {

/// COMMAND: its words (argv's own, ended by a null pointer), what it is handed, and the descriptors that
/// whoever started us left open for it. It finds signals, limits and descriptors as if the shell had started
/// it: our handlers give way to the default, nothing is blocked, none of our descriptors; what was ignored at
/// our start still is, SIGPIPE and SIGCHLD too.
struct ChildProcess {
  std::span<char* const> words;
  Handover handover;
  std::optional<std::vector<int>> inherited = {};  ///< nothing: not known
};

/// Becomes COMMAND. Comes back only when that fails, with the error's number.
int become(ChildProcess& command);

/// Starts COMMAND in our process group. 0, or the error's number.
int start(ChildProcess& command, pid_t& id);

}  // namespace oauth_token::cli
