#pragma once

#include "commands.hpp"
#include "options.hpp"

#include <oauth_token/error.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oauth_token::cli {

/// The command line, taken apart.
struct Arguments {
  const Command* command = nullptr;  ///< nothing: only --help or --version was asked for
  std::string group = {};            ///< "profile", where help on its commands was asked for
  bool help = false;
  bool all_help = false;
  bool version = false;
  std::vector<std::pair<OptionName, std::string>> options =
      {};  ///< in their order; flags with an empty value
  std::vector<std::string> operands = {};
  std::span<char* const> child = {};  ///< the words of COMMAND: argv's own, ended by a null pointer
};

/// Whether the words ask for a command that runs COMMAND, right or wrong as they may be otherwise.
bool names_command_with_child(std::span<char* const> words) noexcept;

/// `words` is argv without the program's name, split at the first "--" before anything else. Errors are of
/// class `usage`.
Result<Arguments> parse_arguments(std::span<char* const> words);

/// Refuses secrets on the command line (--password VALUE and the like): the value is overwritten in place.
/// To be called before anything else looks at `words`.
Result<void> refuse_secret_arguments(std::span<char*> words);

}  // namespace oauth_token::cli
