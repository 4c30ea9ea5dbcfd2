#pragma once

#include <string>

namespace oauth_token::cli {

// What `oauth-token completion SHELL` prints, made from the tables of commands and options. When a name of a
// profile or session is wanted, a script runs `oauth-token list` or `oauth-token profile list`, and nothing
// else; it takes only names that mean nothing to a shell.
std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace oauth_token::cli
