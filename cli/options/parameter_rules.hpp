#pragma once

#include <oauth_token/error.hpp>

#include <string_view>

namespace oauth_token::cli {

/// `usage` for the names that the program sets itself, and, unless the value is read from a file or asked
/// for, for those whose value is a secret.
Result<void> check_parameter_name(std::string_view name, bool value_is_hidden);

/// `usage` for the headers that the program sets itself and for what is no header name.
Result<void> check_header_name(std::string_view name);

}  // namespace oauth_token::cli
