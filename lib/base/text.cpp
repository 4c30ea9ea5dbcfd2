#include <oauth_token/text.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace oauth_token {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

struct Decoded {
  std::uint32_t code_point = 0;
  std::size_t length = 0;  // 0: not UTF-8
};

Decoded decode(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return {};
  std::uint32_t code_point = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {};
    code_point = (code_point << 6U) | (byte(i) & 0x3fU);
  }
  const bool overlong = (length == 3 && code_point < 0x800) || (length == 4 && code_point < 0x10000);
  const bool outside = code_point > 0x10ffff || (code_point >= 0xd800 && code_point <= 0xdfff);
  if (overlong || outside) return {};
  return {code_point, length};
}

struct Range {
  std::uint32_t first, last;
};

// Beyond ASCII: C1, what changes the direction, and what Unicode calls default ignorable, since it shows
// nothing. The variation selectors fe0e and fe0f are left alone: much of the emoji that people write has one.
constexpr std::array<Range, 18> unseen{{
    {0x80, 0x9f},        // C1
    {0xad, 0xad},        // soft hyphen
    {0x034f, 0x034f},    // combining grapheme joiner
    {0x061c, 0x061c},    // Arabic letter mark
    {0x115f, 0x1160},    // Hangul fillers
    {0x17b4, 0x17b5},    // Khmer inherent vowels
    {0x180b, 0x180f},    // Mongolian variation selectors and vowel separator
    {0x200b, 0x200f},    // zero width, direction marks
    {0x2028, 0x202e},    // line separators, bidirectional overrides
    {0x2060, 0x206f},    // invisible operators, isolates
    {0x3164, 0x3164},    // Hangul filler
    {0xfe00, 0xfe0d},    // variation selectors
    {0xfeff, 0xfeff},    // byte order mark
    {0xffa0, 0xffa0},    // Hangul filler of half the width
    {0xfff0, 0xfffb},    // unassigned, annotations
    {0x1bca0, 0x1bca3},  // shorthand format controls
    {0x1d173, 0x1d17a},  // musical format controls
    {0xe0000, 0xe0fff},  // tags, more variation selectors
}};

bool is_unprintable(std::uint32_t c) noexcept {
  if (c < 0x80) return c < 0x20 || c == 0x7f;
  const auto* const range =
      std::lower_bound(unseen.begin(), unseen.end(), c,
                       [](const Range& each, std::uint32_t code_point) { return each.last < code_point; });
  return range != unseen.end() && range->first <= c;
}

}  // namespace

std::string escape_for_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [code_point, length] = decode(text);
    const auto first = static_cast<unsigned char>(text[0]);
    if (length == 0 || code_point < 0x20 || code_point == 0x7f) {
      out += "\\x";
      out += hex_digits[first >> 4U];
      out += hex_digits[first & 0xfU];
    } else if (is_unprintable(code_point)) {
      std::string digits;
      for (std::uint32_t rest = code_point; rest != 0; rest >>= 4U)
        digits.insert(digits.begin(), hex_digits[rest & 0xfU]);
      out += "\\u{" + digits + "}";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string quote_for_terminal(std::string_view text, std::size_t most) {
  return '"' + escape_for_terminal(text.substr(0, most)) + '"';
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = decode(text).length;
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string_view version() noexcept { return OAUTH_TOKEN_VERSION; }

std::string_view user_agent() noexcept { return "oauth-token/" OAUTH_TOKEN_VERSION; }

}  // namespace oauth_token
