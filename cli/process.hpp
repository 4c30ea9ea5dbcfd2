#pragma once

#include "context.hpp"

namespace oauth_token::cli {

/// No core dump, no ptrace by other programs of this user, and the three standard descriptors open: a closed
/// one could otherwise become the number of a file or connection of ours. To be called first.
void protect_process() noexcept;

/// Takes the secret variables: each is overwritten in place and removed from `environment`.
SecretVariables take_secret_variables(char** environment);

}  // namespace oauth_token::cli
