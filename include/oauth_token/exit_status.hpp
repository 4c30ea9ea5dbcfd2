#pragma once

#include <oauth_token/error.hpp>

#pragma GCC visibility push(default)
namespace oauth_token {

/// What a script sees of the program oauth-token. 128 and more: it died by a signal.
enum ExitStatus : int {
  exit_done = 0,
  exit_internal = 1,
  exit_usage = 2,
  exit_credentials = 3,
  exit_reauthenticate = 4,
  exit_interaction = 5,
  exit_refused = 6,
  exit_outage = 7,
  exit_protocol = 8,
  exit_tls = 9,
  exit_output = 10,
  exit_exec_failed = 125,     ///< exec: we failed, not COMMAND
  exit_not_executable = 126,  ///< exec: COMMAND is there, but cannot be run
  exit_not_found = 127,       ///< exec: there is no COMMAND
  exit_interrupted = 130,
};

/// The status that stands for a class of errors. Thread-safe.
int exit_status(ErrorClass error_class) noexcept;

}  // namespace oauth_token
#pragma GCC visibility pop
