#include "base/base64.hpp"

#include <cstdint>

namespace oauth_token {
namespace {

constexpr std::string_view standard_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string_view digits_of(Base64 alphabet) {
  return alphabet == Base64::standard ? standard_digits : url_digits;
}

}  // namespace

void append_base64(SecretBuffer& out, std::string_view bytes, Base64 alphabet) {
  const std::string_view digits = digits_of(alphabet);
  char* const start = out.room((bytes.size() + 2) / 3 * 4);
  char* end = start;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = (group << 8U) | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k <= count; ++k) *end++ = digits[(group >> (18U - 6U * k)) & 0x3fU];
    if (alphabet == Base64::standard)
      for (std::size_t k = count; k < 3; ++k) *end++ = '=';
  }
  out.grew(static_cast<std::size_t>(end - start));
}

std::string base64url(std::string_view bytes) {
  SecretBuffer text;
  append_base64(text, bytes, Base64::url);
  return std::string(text.expose());
}

bool append_base64_decoded(SecretBuffer& out, std::string_view text, Base64 alphabet) {
  if (text.size() % 4 == 0)
    for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  if (text.size() % 4 == 1) return false;
  const std::string_view digits = digits_of(alphabet);
  char* const start = out.room(text.size());
  char* end = start;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const auto value = digits.find(c);
    if (value == std::string_view::npos) return false;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      *end++ = static_cast<char>((bits >> count) & 0xffU);
    }
  }
  out.grew(static_cast<std::size_t>(end - start));
  return (bits & ((1U << count) - 1U)) == 0;
}

}  // namespace oauth_token
