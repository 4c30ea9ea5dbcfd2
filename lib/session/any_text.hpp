#pragma once

#include <oauth_token/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace oauth_token {

/// Text in a record: a JSON string, or, where it is not UTF-8 (a user name, a path), {"base64": "..."}, so
/// that the same bytes come back and different ones stay different.
json::Writer& write_text(json::Writer& out, std::string_view text);

/// Nothing when `value` is neither of these.
std::optional<std::string> read_text(json::Value value);

}  // namespace oauth_token
