#pragma once

#include <algorithm>
#include <string_view>

namespace oauth_token {

/// All of ASCII, whatever the locale.
constexpr bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Below 0x20, and 0x7f.
constexpr bool is_control_character(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

inline bool has_control_character(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), is_control_character);
}

/// RFC 9110 s5.6.2: of the name of a header, or of a method.
constexpr bool is_token_character(char c) noexcept {
  return is_letter_or_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

inline bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

}  // namespace oauth_token
