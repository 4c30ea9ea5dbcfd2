#pragma once

#include "commands.hpp"
#include "options/options.hpp"

#include <ostream>

namespace oauth_token::manual {

/// "oauth-token-profile-set".
std::string page_of(const cli::Command& command);

// Each writes the lists of one section, without its heading.
void write_options(std::ostream& out, const cli::Command& command);
void write_keys(std::ostream& out);
void write_commands(std::ostream& out);
void write_exit_status(std::ostream& out, const cli::Command* command);  ///< null: all of it
void write_variables(std::ostream& out, const cli::Command* command);    ///< null: all of them
void write_references(std::ostream& out);                                ///< to each command's page

}  // namespace oauth_token::manual
