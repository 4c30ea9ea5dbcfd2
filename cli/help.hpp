#pragma once

#include "commands.hpp"

#include <string>

namespace oauth_token::cli {

/// What `oauth-token --help` prints.
std::string overview();

/// What `oauth-token COMMAND --help` prints: a screen; with `all`, each option with its meaning.
std::string command_help(const Command& command, bool all);

}  // namespace oauth_token::cli
