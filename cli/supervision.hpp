#pragma once

#include "child_process.hpp"
#include "context.hpp"
#include "renewal.hpp"
#include "token_file.hpp"

#include <oauth_token/token.hpp>

namespace oauth_token::cli {

/// How COMMAND ended.
struct ChildEnd {
  int start_error = 0;  ///< it could not even be started: the error's number
  int status = 0;
  int signal = 0;  ///< it died by this one; 0: it ended by itself
};

/// Runs COMMAND to its end, and writes `file` anew as often as its token is due, beginning with `token`. What
/// others send to this process goes to COMMAND: SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM,
/// SIGCONT and SIGWINCH; what the terminal sends it has had already, being in the same process group. A
/// renewal that fails is a warning. The file is gone when this returns.
ChildEnd supervise(const Context& context, ChildProcess& command, SessionTokens& tokens, const Token& token,
                   TokenFile& file);

}  // namespace oauth_token::cli
