#include "json_text.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace oauth_token::cli {
namespace {

struct Character {
  std::string_view bytes = {};
  std::uint32_t code_point = 0;
  bool printable = false;
};

/// The first character of `text`; one byte of it when it is no UTF-8.
Character first_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {text.substr(0, 1), first, first >= 0x20 && first != 0x7f};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  const std::string_view bytes = text.substr(0, length);
  if (!is_utf8(bytes)) return {text.substr(0, 1), 0xfffd, false};
  std::uint32_t code_point = first & (0xffU >> (length + 1));
  for (const char byte : bytes.substr(1)) {
    code_point = (code_point << 6U) | (static_cast<unsigned char>(byte) & 0x3fU);
  }
  return {bytes, code_point, escape_for_terminal(bytes) == bytes};
}

void append_escape(SecretBuffer& out, std::uint32_t unit) {
  constexpr std::string_view hex = "0123456789abcdef";
  out.append("\\u");
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out.append(hex[(unit >> shift) & 0xfU]);
}

void append_escaped(SecretBuffer& out, std::uint32_t code_point) {
  if (code_point < 0x10000) return append_escape(out, code_point);
  append_escape(out, 0xd800 + ((code_point - 0x10000) >> 10U));
  append_escape(out, 0xdc00 + ((code_point - 0x10000) & 0x3ffU));
}

void append_utf8(SecretBuffer& out, std::uint32_t c) {
  const auto byte = [&](std::uint32_t value) { out.append(static_cast<char>(value)); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xc0U | (c >> 6U));
  } else if (c < 0x10000) {
    byte(0xe0U | (c >> 12U));
    byte(0x80U | ((c >> 6U) & 0x3fU));
  } else {
    byte(0xf0U | (c >> 18U));
    byte(0x80U | ((c >> 12U) & 0x3fU));
    byte(0x80U | ((c >> 6U) & 0x3fU));
  }
  byte(0x80U | (c & 0x3fU));
}

std::uint32_t hex_number(std::string_view digits) {
  std::uint32_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Length of the JSON string at the front, quotes included.
std::size_t string_length(std::string_view json) {
  std::size_t end = 1;
  while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2U : 1U;
  return std::min(end + 1, json.size());
}

/// Length of the JSON value at the front.
std::size_t value_length(std::string_view json) {
  std::size_t depth = 0;
  std::size_t end = 0;
  while (end < json.size()) {
    const char c = json[end];
    if (depth == 0 && end > 0 && (c == ',' || c == '}' || c == ']' || is_space(c))) break;
    if (c == '"') {
      end += string_length(json.substr(end));
    } else {
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++end;
    }
    if (depth == 0 && (c == '"' || c == '}' || c == ']')) break;
  }
  return end;
}

bool same_text(std::string_view string, std::string_view text) {
  if (string.find('\\') == std::string_view::npos) return string.substr(1, string.size() - 2) == text;
  SecretBuffer plain;
  append_json_text(plain, string);
  return plain.expose() == text;
}

}  // namespace

void append_json_string(SecretBuffer& out, std::string_view text) {
  out.append('"');
  while (!text.empty()) {
    const Character c = first_character(text);
    if (c.code_point == '"' || c.code_point == '\\') {
      out.append('\\').append(c.bytes);
    } else if (c.printable) {
      out.append(c.bytes);
    } else {
      append_escaped(out, c.code_point);
    }
    text.remove_prefix(c.bytes.size());
  }
  out.append('"');
}

void append_json_compact(SecretBuffer& out, std::string_view json) {
  bool inside = false;  // a string
  while (!json.empty()) {
    const Character c = first_character(json);
    std::size_t length = c.bytes.size();
    if (inside && json[0] == '\\') {
      length = std::min<std::size_t>(2, json.size());
      out.append(json.substr(0, length));
    } else if (inside && !c.printable) {
      append_escaped(out, c.code_point);
    } else if (inside || !is_space(json[0])) {
      out.append(c.bytes);
      if (json[0] == '"') inside = !inside;
    }
    json.remove_prefix(length);
  }
}

void append_json_text(SecretBuffer& out, std::string_view string) {
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  string = string.substr(1, string.size() - 2);
  while (!string.empty()) {
    if (string[0] != '\\') {
      const std::size_t plain = std::min(string.find('\\'), string.size());
      out.append(string.substr(0, plain));
      string.remove_prefix(plain);
      continue;
    }
    const std::size_t letter = letters.find(string[1]);
    if (letter != std::string_view::npos) {
      out.append(meanings[letter]);
      string.remove_prefix(2);
      continue;
    }
    std::uint32_t c = hex_number(string.substr(2, 4));
    string.remove_prefix(6);
    const std::uint32_t second =
        c >= 0xd800 && c < 0xdc00 && string.starts_with("\\u") ? hex_number(string.substr(2, 4)) : 0;
    if (second >= 0xdc00 && second < 0xe000) {
      c = 0x10000 + ((c - 0xd800) << 10U) + (second - 0xdc00);
      string.remove_prefix(6);
    }
    append_utf8(out, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
  }
}

void append_for_terminal(SecretBuffer& out, std::string_view text) {
  while (!text.empty()) {
    const Character c = first_character(text);
    if (c.printable) {
      out.append(c.bytes);
    } else {
      out.append(escape_for_terminal(c.bytes));
    }
    text.remove_prefix(c.bytes.size());
  }
}

void for_each_member(std::string_view object,
                     const std::function<void(std::string_view, std::string_view)>& visit) {
  const auto skip = [&](std::string_view also) {
    while (!object.empty() && (is_space(object[0]) || also.find(object[0]) != std::string_view::npos))
      object.remove_prefix(1);
  };
  skip("{");
  while (!object.empty() && object[0] == '"') {
    const std::string_view key = object.substr(0, string_length(object));
    object.remove_prefix(key.size());
    skip(":");
    const std::string_view value = object.substr(0, value_length(object));
    visit(key, value);
    object.remove_prefix(value.size());
    skip(",");
  }
}

std::optional<std::string_view> json_member(std::string_view object, std::string_view name) {
  std::optional<std::string_view> found;
  for_each_member(object, [&](std::string_view key, std::string_view value) {
    if (same_text(key, name)) found = value;
  });
  return found;
}

SecretBuffer& JsonObject::name(std::string_view name) {
  if (!first_) out_->append(',');
  first_ = false;
  append_json_string(*out_, name);
  return out_->append(':');
}

JsonObject& JsonObject::text(std::string_view member, std::string_view value) {
  append_json_string(name(member), value);
  return *this;
}

JsonObject& JsonObject::optional_text(std::string_view member, std::string_view value) {
  return value.empty() ? *this : text(member, value);
}

JsonObject& JsonObject::number(std::string_view member, std::int64_t value) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  name(member).append({digits.data(), static_cast<std::size_t>(end - digits.data())});
  return *this;
}

JsonObject& JsonObject::boolean(std::string_view member, bool value) {
  name(member).append(value ? "true" : "false");
  return *this;
}

JsonObject& JsonObject::texts(std::string_view member, const std::vector<std::string>& values) {
  SecretBuffer& out = name(member).append('[');
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out.append(',');
    append_json_string(out, values[i]);
  }
  out.append(']');
  return *this;
}

JsonObject& JsonObject::json(std::string_view member, std::string_view value) {
  append_json_compact(name(member), value);
  return *this;
}

}  // namespace oauth_token::cli
