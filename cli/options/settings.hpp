#pragma once

#include "arguments.hpp"
#include "context.hpp"
#include "options.hpp"

#include <oauth_token/error.hpp>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token::cli {

enum class Origin : std::uint8_t { none, flag, variable, profile };

/// The value of each option, from the command line, else a variable, else the profile.
class Settings {
 public:
  struct Entry {
    Origin origin = Origin::none;
    std::vector<std::string> values = {};
  };

  [[nodiscard]] bool given(OptionName name) const noexcept { return entry(name).origin != Origin::none; }
  [[nodiscard]] Origin origin(OptionName name) const noexcept { return entry(name).origin; }
  /// By flag or variable, not by the profile.
  [[nodiscard]] bool given_for_this_run(OptionName name) const noexcept {
    return origin(name) == Origin::flag || origin(name) == Origin::variable;
  }
  /// A flag that is set.
  [[nodiscard]] bool flag(OptionName name) const noexcept { return given(name) && value(name) == "true"; }
  /// The value, or an empty text.
  [[nodiscard]] const std::string& value(OptionName name) const noexcept;
  [[nodiscard]] const std::vector<std::string>& list(OptionName name) const noexcept {
    return entry(name).values;
  }
  /// "--client-id", "OAUTH_TOKEN_CLIENT_ID" or "client-id in profile \"work\"": for messages.
  [[nodiscard]] std::string where(OptionName name) const;
  /// The error of that option's value, beginning with where it was given if that is not the command line.
  [[nodiscard]] Error about(OptionName name, Error error) const;
  [[nodiscard]] const Entry& entry(OptionName name) const noexcept { return entries[name.index()]; }

  const Command* command = nullptr;
  std::vector<std::string> operands = {};   ///< the command's arguments that are no options
  std::span<char* const> child = {};        ///< the words of COMMAND
  std::string profile = {};                 ///< name of the profile that was read; empty: none
  std::string session = {};                 ///< name of the session
  bool caller_keeps_token = false;          ///< the refresh token comes from the caller; no session is used
  std::optional<Error> profile_error = {};  ///< only with Basis::examined; the profile then gave nothing
  std::array<Entry, option_count> entries = {};
};

/// Joins command line, variables (`environment`) and profile, and checks each value as the table says. Errors
/// are of class `usage` or `config`.
Result<Settings> resolve(const Context& context, Arguments arguments, const char* const* environment);

}  // namespace oauth_token::cli
