#pragma once

#include "base/waiting.hpp"

#include <oauth_token/secret.hpp>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

namespace oauth_token {

/// A program to run for what it writes or reads.
struct ChildProgram {
  std::vector<std::string> words = {};  ///< the program, found along PATH, and its arguments
  const Secret* input = nullptr;        ///< nullptr: standard input is /dev/null
  bool wants_output = false;            ///< false: standard output is /dev/null
  /// A process group of its own, nothing of which is left at the end. Else it shares ours, and with it the
  /// terminal's Ctrl-C, and what it leaves behind stays.
  bool own_group = false;
  std::optional<std::chrono::milliseconds> time_limit = {};  ///< none: it is a person who is waited for
};

/// How it went.
struct ChildEnd {
  int start_error = 0;       ///< the number of the error because of which it was not started
  Wake woken = Wake::ready;  ///< else it was ended before its time: at the deadline, or by a stop
  bool too_much = false;     ///< it was ended since it wrote more than two bytes beyond secret_source_limit
  /// Nothing when this process cannot know, since it ignores SIGCHLD, or may not end the program, sudo
  /// perhaps.
  std::optional<siginfo_t> how;
  Secret output = {};
};

/// Runs the program without any OAUTH_TOKEN_* variable and with no descriptor but 0 to 2, until it has ended.
/// Blocks. Works beside other threads and changes no signal disposition.
ChildEnd run_child(const ChildProgram& program, const Waiting& waiting);

}  // namespace oauth_token
