#pragma once

#include <oauth_token/error.hpp>

namespace oauth_token::cli {

/// What a script sees. 128 and more: the program died by a signal.
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

int exit_status(ErrorClass error_class) noexcept;

}  // namespace oauth_token::cli
