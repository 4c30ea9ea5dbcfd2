#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace oauth_token::json {

/// How many bytes at the front of `text` stand for themselves in a JSON string: ASCII without quote,
/// backslash and control characters (DEL counts as one).
std::size_t plain_run(std::string_view text) noexcept;

/// Writes a code point, or half a surrogate pair in the same manner; returns the 1 to 4 bytes it took.
std::size_t encode_utf8(char* out, std::uint32_t code) noexcept;

/// The code point of one well-formed character of two bytes or more, or of half a surrogate pair.
std::uint32_t decode_utf8(std::string_view character) noexcept;

}  // namespace oauth_token::json
