#pragma once

#include "terminal/prompt.hpp"
#include "terminal/secret_input.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <functional>
#include <optional>
#include <stop_token>

namespace oauth_token::cli {

/// The secrets that came as variables; they are gone from the environment.
struct SecretVariables {
  std::optional<Secret> password = {};
  std::optional<Secret> client_secret = {};
  std::optional<Secret> signing_key_passphrase = {};
  std::optional<Secret> tls_key_passphrase = {};
  std::optional<Secret> refresh_token = {};
  std::optional<Secret> store_key = {};
};

/// What surrounds a run: streams and questions are values, so that a command can be run anywhere.
struct Context {
  int input = 0;
  int output = 1;
  int error = 2;
  SecretVariables variables = {};
  bool json = false;           ///< standard error holds JSON lines
  bool quiet = false;          ///< no warnings, no notes
  bool no_input = false;       ///< nobody is asked
  int failure_status = 0;      ///< the status of each failure, whatever its class; 0: as the class says
  bool dry_run_shown = false;  ///< --dry-run has shown a request and stopped
  Sent sent = Sent::no;        ///< what carries secrets, in this run; known only where JSON tells it
  std::function<std::stop_token()> watch_signals = {};  ///< see `stop`

  /// Requested by SIGINT, SIGTERM and SIGHUP, from the first call on; before, they end the program at once,
  /// as nothing is waited for. From any thread.
  [[nodiscard]] std::stop_token stop() const { return watch_signals ? watch_signals() : std::stop_token(); }
  /// Asks at the terminal; empty with --no-input.
  [[nodiscard]] Asker asker() const;
  [[nodiscard]] SecretReading reading() const;
};

}  // namespace oauth_token::cli
