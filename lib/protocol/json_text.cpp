#include "protocol/json_text.hpp"

#include <cstring>

namespace oauth_token::json {
namespace {

constexpr std::uint64_t ones = 0x0101010101010101U;
constexpr std::uint64_t tops = 0x80 * ones;

constexpr std::uint64_t has_zero(std::uint64_t word) { return (word - ones) & ~word & tops; }

// May be wrong behind a byte that is not plain, never before the first one.
constexpr bool is_plain(std::uint64_t word) {
  const std::uint64_t below_space = (word - 0x20 * ones) & tops;
  return ((word & tops) | below_space | has_zero(word ^ ('"' * ones)) | has_zero(word ^ ('\\' * ones)) |
          has_zero(word ^ (0x7f * ones))) == 0;
}

constexpr bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
}

}  // namespace

std::size_t plain_run(std::string_view text) noexcept {
  // Eight bytes at a time, since tokens are long.
  std::size_t i = 0;
  for (std::uint64_t word = 0; i + sizeof word <= text.size(); i += sizeof word) {
    std::memcpy(&word, text.data() + i, sizeof word);
    if (!is_plain(word)) break;
  }
  while (i < text.size() && is_plain(text[i])) ++i;
  return i;
}

std::uint32_t decode_utf8(std::string_view character) noexcept {
  const auto first = static_cast<unsigned char>(character[0]);
  std::uint32_t code = first & (0xffU >> (character.size() + 1));
  for (const char byte : character.substr(1))
    code = (code << 6U) | (static_cast<unsigned char>(byte) & 0x3fU);
  return code;
}

std::size_t encode_utf8(char* out, std::uint32_t code) noexcept {
  char* end = out;
  const auto put = [&](std::uint32_t byte) { *end++ = static_cast<char>(byte); };
  const auto put_rest = [&](unsigned shift) { put(0x80U | ((code >> shift) & 0x3fU)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0U | (code >> 6U));
    put_rest(0);
  } else if (code < 0x10000) {
    put(0xe0U | (code >> 12U));
    put_rest(6);
    put_rest(0);
  } else {
    put(0xf0U | (code >> 18U));
    put_rest(12);
    put_rest(6);
    put_rest(0);
  }
  return static_cast<std::size_t>(end - out);
}

}  // namespace oauth_token::json
