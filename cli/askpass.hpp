#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <stop_token>
#include <string>

namespace oauth_token::cli {

/// The standard output of `program` (a path, or a name looked up in PATH) without one trailing newline. It is
/// run with the question as its only argument, without any OAUTH_TOKEN_* variable, in the foreground, so that
/// it may use the terminal. Blocks as long as the person takes; a stop request ends the program. Errors:
/// `config` when it cannot be started or its output cannot be a secret, `usage` when it ends with another
/// status than 0, `interrupted`.
Result<Secret> run_askpass(const std::string& program, const std::string& question,
                           const std::stop_token& stop = {});

}  // namespace oauth_token::cli
