#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace oauth_token {

/// All of ASCII, whatever the locale: in the application's, I may not be the capital of i.
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_small_letter(char c) noexcept { return c >= 'a' && c <= 'z'; }
constexpr bool is_capital(char c) noexcept { return c >= 'A' && c <= 'Z'; }
constexpr bool is_letter(char c) noexcept { return is_small_letter(c) || is_capital(c); }
constexpr bool is_letter_or_digit(char c) noexcept { return is_letter(c) || is_digit(c); }
constexpr char lower(char c) noexcept { return is_capital(c) ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr char upper(char c) noexcept { return is_small_letter(c) ? static_cast<char>(c - 'a' + 'A') : c; }

/// As JSON and TOML write a whole number without a sign: no zero before it, and not too long for 64 bits.
constexpr bool is_plain_number(std::string_view text) noexcept {
  return !text.empty() && text.size() < 19 && (text == "0" || text.front() != '0') &&
         std::all_of(text.begin(), text.end(), is_digit);
}

/// Compares names of headers, schemes, media types and the like.
constexpr bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

/// A list of words with a space between two: unlike an array of them, it has no pointers, which the loader
/// would write anew at every start.
template <class Predicate>
constexpr bool any_word(std::string_view words, Predicate fits) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (fits(words.substr(0, end))) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

constexpr bool has_word(std::string_view words, std::string_view wanted) noexcept {
  return any_word(words, [&](std::string_view word) { return word == wanted; });
}

constexpr bool has_word_ignoring_case(std::string_view words, std::string_view wanted) noexcept {
  return any_word(words, [&](std::string_view word) { return equal_ignoring_case(word, wanted); });
}

constexpr bool contains_ignoring_case(std::string_view text, std::string_view part) noexcept {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

/// "%2F" for "/".
inline void append_percent_encoded(std::string& out, char byte) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  const auto value = static_cast<unsigned char>(byte);
  out.append({'%', hex[value >> 4U], hex[value & 0xfU]});
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
