#pragma once

#include "child_process.hpp"
#include "context.hpp"
#include "request/renewal.hpp"
#include "token_file.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/token.hpp>

namespace oauth_token::cli {

/// How COMMAND ended.
struct CommandEnd {
  int start_error = 0;  ///< it could not even be started: the error's number
  int status = 0;
  int signal = 0;  ///< it died by this one, or was not started because of it; 0: it ended by itself
};

/// Writes `token` into `file`, runs COMMAND to its end, and writes the file anew as often as its token is
/// due. What others send to this process goes to COMMAND: SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2,
/// SIGALRM, SIGCONT and SIGWINCH; what the terminal sends it has had already, being in the same process
/// group. A signal before COMMAND is started is its end. A renewal that fails is a warning; an error is the
/// first writing's. The file is gone when this returns.
Result<CommandEnd> supervise(const Context& context, ChildProcess& command, SessionTokens& tokens,
                             const Token& token, TokenFile& file);

}  // namespace oauth_token::cli
