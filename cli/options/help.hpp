#pragma once

#include "commands.hpp"

#include <string>
#include <string_view>

namespace oauth_token::cli {

/// What `oauth-token --help` prints; with a group such as "profile", its commands alone.
std::string overview(std::string_view group = {});

/// What `oauth-token COMMAND --help` prints: a screen; with `all`, each option with its meaning.
std::string command_help(const Command& command, bool all);

/// Where all options of the command are shown: a hint.
std::string see_help(const Command& command);
/// With that hint, where the error has none.
Error with_help(Error error, const Command& command);

}  // namespace oauth_token::cli
