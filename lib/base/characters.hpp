#pragma once

namespace oauth_token {

/// Of ASCII, whatever the locale.
constexpr bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace oauth_token
