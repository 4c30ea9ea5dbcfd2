#pragma once

#include <oauth_token/secret.hpp>

#include <optional>
#include <stop_token>

namespace oauth_token::cli {

/// The secrets that came as variables; they are gone from the environment.
struct SecretVariables {
  std::optional<Secret> password = {};
  std::optional<Secret> client_secret = {};
  std::optional<Secret> refresh_token = {};
  std::optional<Secret> store_key = {};
};

/// What surrounds a run: streams and terminal are values, so that a command can be run anywhere.
struct Context {
  int input = 0;
  int output = 1;
  int error = 2;
  /// The controlling terminal, opened when somebody is asked.
  const char* terminal = "/dev/tty";
  SecretVariables variables = {};
  bool json = false;          ///< standard error holds JSON lines
  bool quiet = false;         ///< no warnings, no notes
  bool no_input = false;      ///< nobody is asked
  std::stop_token stop = {};  ///< requested by SIGINT, SIGTERM and SIGHUP
};

}  // namespace oauth_token::cli
