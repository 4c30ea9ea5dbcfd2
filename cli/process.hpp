#pragma once

#include "context.hpp"

namespace oauth_token::cli {

/// No core dump, no ptrace by other programs of this user, and the three standard descriptors open: a closed
/// one could otherwise become the number of a file or connection of ours. To be called first.
void protect_process() noexcept;

/// Puts right what the program was started with: no SSLKEYLOGFILE, for which libcurl would make a file, and
/// no ignored SIGCHLD, with which the end of no child could be known. To be called before any thread is
/// started.
void set_inheritance_right() noexcept;

/// Takes the secret variables: each is overwritten in place and removed from `environment`.
SecretVariables take_secret_variables(char** environment);

}  // namespace oauth_token::cli
