#pragma once

#include "context.hpp"
#include "options/settings.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

namespace oauth_token::cli {

/// Whether a step of GitHub Actions runs this: -o github stands on the command line, and the file that
/// GITHUB_OUTPUT names can be appended to: a regular file (no link to one) of this user's that nobody else
/// may write. To be asked before anything is sent. `usage` without the variable, else `config`.
Result<void> check_github_output(const Settings& settings);

/// Lets the runner mask the token in its logs (on standard output, nothing else is written there), then
/// appends access_token=... to the step's outputs. `protocol` for a token with anything but visible ASCII
/// characters, `output` when it cannot be written.
Result<void> write_github_output(const Context& context, const Secret& token);

}  // namespace oauth_token::cli
