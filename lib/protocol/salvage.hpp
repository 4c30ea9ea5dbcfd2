#pragma once

#include <oauth_token/secret.hpp>

#include <string_view>

namespace oauth_token::protocol {

/// The refresh token in the outermost object of what was meant to be JSON, however broken the rest is: names
/// that occur twice, bytes that are no UTF-8, too deep a nesting, something after the end or no end. Empty
/// where an error stands beside it, where there are two that differ, and where the members cannot be told
/// apart.
Secret salvaged_refresh_token(std::string_view text);

}  // namespace oauth_token::protocol
