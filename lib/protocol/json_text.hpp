#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace oauth_token::json {

/// How many bytes at the front of `text` stand for themselves in a JSON string: ASCII without quote,
/// backslash and control characters.
std::size_t plain_run(std::string_view text) noexcept;

/// Writes a code point, or half a surrogate pair in the same manner; returns the 1 to 4 bytes it took.
std::size_t encode_utf8(char* out, std::uint32_t code) noexcept;

}  // namespace oauth_token::json
