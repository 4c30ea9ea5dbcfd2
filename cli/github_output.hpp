#pragma once

#include "context.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

namespace oauth_token::cli {

/// Whether a step of GitHub Actions runs this: the file that GITHUB_OUTPUT names can be appended to. To be
/// asked before anything is sent. `usage` without the variable, `config` for a file that cannot be opened.
Result<void> check_github_output();

/// Lets the runner mask the token in its logs (on standard output, nothing else is written there), then
/// appends access_token=... to the step's outputs. `protocol` for a token with control characters, `output`
/// when it cannot be written.
Result<void> write_github_output(const Context& context, const Secret& token);

}  // namespace oauth_token::cli
