#pragma once

#include "commands.hpp"

#include <string>
#include <string_view>

namespace oauth_token::cli {

/// What `oauth-token --help` prints; with a group such as "profile", its commands alone.
std::string overview(std::string_view group = {});

/// What `oauth-token COMMAND --help` prints: a screen; with `all`, each option with its meaning.
std::string command_help(const Command& command, bool all);

}  // namespace oauth_token::cli
