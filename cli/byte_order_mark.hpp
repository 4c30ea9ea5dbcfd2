#pragma once

#include <string_view>

namespace oauth_token::cli {

/// What some editors put before UTF-8 text.
inline constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace oauth_token::cli
