#include "protocol/form.hpp"

#include "base/characters.hpp"

#include <array>
#include <cstring>

namespace oauth_token::protocol {
namespace {

constexpr std::size_t longest = 3;  // bytes that one byte becomes

struct Encoded {
  std::array<char, longest> bytes{};
  unsigned char length = 0;
};

constexpr bool is_unreserved(unsigned byte) {
  const auto c = static_cast<char>(byte);
  return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

constexpr std::array<Encoded, 256> make_table() {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::array<Encoded, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte)
    table.at(byte) = is_unreserved(byte) ? Encoded{{static_cast<char>(byte)}, 1}
                                         : Encoded{{'%', hex[byte >> 4U], hex[byte & 0xfU]}, longest};
  return table;
}

constexpr std::array<Encoded, 256> table = make_table();

// Needs room for three times the text; every step writes three bytes and keeps one or all of them.
char* encode(char* out, std::string_view text) {
  for (const char c : text) {
    const Encoded& encoded = table[static_cast<unsigned char>(c)];
    std::memcpy(out, encoded.bytes.data(), longest);
    out += encoded.length;
  }
  return out;
}

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

void append_form_encoded(SecretBuffer& out, std::string_view text) {
  char* const start = out.room(text.size() * longest);
  out.grew(static_cast<std::size_t>(encode(start, text) - start));
}

void append_form_pair(SecretBuffer& out, std::string_view name, std::string_view value) {
  char* const start = out.room((name.size() + value.size()) * longest + 2);
  char* end = start;
  if (!out.empty()) *end++ = '&';
  end = encode(end, name);
  *end++ = '=';
  end = encode(end, value);
  out.grew(static_cast<std::size_t>(end - start));
}

bool append_form_decoded(SecretBuffer& out, std::string_view text) {
  char* const start = out.room(text.size());
  char* end = start;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char byte = text[i] == '+' ? ' ' : text[i];
    if (byte == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return false;
      byte = static_cast<char>(high * 16 + low);
      i += 2;
    }
    *end++ = byte;
  }
  out.grew(static_cast<std::size_t>(end - start));
  return true;
}

std::string form_encoded(std::string_view text) {
  std::string out(text.size() * longest, '\0');
  out.resize(static_cast<std::size_t>(encode(out.data(), text) - out.data()));
  return out;
}

}  // namespace oauth_token::protocol
