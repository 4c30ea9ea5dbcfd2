#pragma once

#include "commands.hpp"
#include "options/options.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token::cli {

/// What can stand in one place of the command line.
struct Values {
  enum class Kind : std::uint8_t {
    free,      ///< nothing is known of it
    words,     ///< one of `words`
    stores,    ///< one of `words`; behind "file:", a folder
    files,     ///< the name of a file
    programs,  ///< the name of a program
    profiles,
    sessions,
  };
  Kind kind = Kind::free;
  std::string words = {};  ///< separated by spaces
};

/// Of an option that takes a value; those of --output depend on the command.
Values values_of(const Option& option, const Command& command);

struct Operand {
  std::string_view name = {};
  Values values = {};
};

/// In their order, without what stands behind "--".
std::vector<Operand> operands_of(const Command& command);

/// "profile", "store".
std::vector<std::string_view> command_groups();

}  // namespace oauth_token::cli
