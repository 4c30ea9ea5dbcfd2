#pragma once

#include "options.hpp"

#include <oauth_token/error.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token::cli {

/// A value as the table wants it: words are split, paths made absolute (from `folder`, where it is not empty,
/// else from the working directory; "~/" there is the home folder). `where` names the value in the message of
/// an error, which is of class `error_class`.
Result<std::vector<std::string>> check_value(const Option& option, std::string_view value,
                                             const std::string& where, const std::string& folder,
                                             ErrorClass error_class);

/// Whether `value` is one of "a|b|c".
bool is_choice(std::string_view choices, std::string_view value);

/// That `value` is none of "a|b|c".
Error no_such_choice(std::string_view value, std::string_view choices, const std::string& where,
                     ErrorClass error_class);

/// One of "a|b|c", or file:FOLDER.
Result<void> check_store(std::string_view store, std::string_view choices, const std::string& where,
                         ErrorClass error_class);

/// A whole number; nothing for what is none.
std::optional<int> parse_whole_number(std::string_view text) noexcept;

/// "2.5" as 2500 ms; nothing for what is no number of seconds above 0 and up to a day.
std::optional<std::chrono::milliseconds> parse_seconds(std::string_view text) noexcept;

/// The time between two of so many a second; 0 for what is no such number.
std::chrono::nanoseconds pause_of_rate(std::string_view text) noexcept;

/// "true" and "false" for the ways to write them; nothing else.
std::optional<std::string> parse_truth(std::string_view text);

}  // namespace oauth_token::cli
