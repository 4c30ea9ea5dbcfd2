#pragma once

#include <oauth_token/error.hpp>

#pragma GCC visibility push(default)
namespace oauth_token {

/// What a script sees of the program oauth-token. 128 and more: it died by a signal.
enum ExitStatus : int {
  exit_done = 0,              ///< no error
  exit_internal = 1,          ///< class `internal`
  exit_usage = 2,             ///< `usage`, `config`
  exit_credentials = 3,       ///< `credentials`
  exit_reauthenticate = 4,    ///< `reauthenticate`
  exit_interaction = 5,       ///< `mfa`, `password_change`, `interaction`
  exit_refused = 6,           ///< `client_auth`, `grant_not_allowed`, `scope`, `request`
  exit_outage = 7,            ///< `network`, `timeout`, `rate_limited`, `server`
  exit_protocol = 8,          ///< `protocol`
  exit_tls = 9,               ///< `tls`, `insecure`
  exit_output = 10,           ///< `store`, `output`
  exit_exec_failed = 125,     ///< exec: we failed, not COMMAND
  exit_not_executable = 126,  ///< exec: COMMAND is there, but cannot be run
  exit_not_found = 127,       ///< exec: there is no COMMAND
  exit_interrupted = 130,     ///< class `interrupted`
};

/// The status that stands for a class of errors. Thread-safe.
int exit_status(ErrorClass error_class) noexcept;

}  // namespace oauth_token
#pragma GCC visibility pop
