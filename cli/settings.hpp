#pragma once

#include "arguments.hpp"
#include "context.hpp"
#include "options.hpp"

#include <oauth_token/error.hpp>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token::cli {

enum class Origin : std::uint8_t { none, flag, variable, profile };

/// The value of each option, from the command line, else a variable, else the profile.
class Settings {
 public:
  [[nodiscard]] bool given(OptionName name) const noexcept { return !entry(name).values.empty(); }
  [[nodiscard]] Origin origin(OptionName name) const noexcept { return entry(name).origin; }
  /// A flag that is set.
  [[nodiscard]] bool flag(OptionName name) const noexcept { return given(name); }
  /// The value, or an empty text.
  [[nodiscard]] const std::string& value(OptionName name) const noexcept;
  [[nodiscard]] const std::vector<std::string>& list(OptionName name) const noexcept {
    return entry(name).values;
  }
  /// "--client-id", "OAUTH_TOKEN_CLIENT_ID" or "client-id of profile \"work\"": for messages.
  [[nodiscard]] std::string where(OptionName name) const;

  const Command* command = nullptr;
  std::vector<std::string> operands = {};  ///< the command's arguments that are no options
  std::string profile = {};                ///< name of the profile that was read; empty: none

  struct Entry {
    Origin origin = Origin::none;
    std::vector<std::string> values = {};
  };
  [[nodiscard]] const Entry& entry(OptionName name) const noexcept { return entries[name.index()]; }
  std::array<Entry, option_count> entries = {};
};

/// Joins command line, variables and profile. Errors are of class `usage` or `config`.
Result<Settings> resolve(Context& context, Arguments arguments);

}  // namespace oauth_token::cli
