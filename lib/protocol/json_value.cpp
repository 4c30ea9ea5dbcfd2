#include "protocol/json_text.hpp"

#include <oauth_token/json.hpp>
#include <oauth_token/text.hpp>

#include <array>
#include <charconv>

namespace oauth_token::json {

Type Value::type() const noexcept { return node_ == nullptr ? Type::absent : node_->type; }

std::optional<std::string_view> Value::text() const noexcept {
  if (type() != Type::string) return std::nullopt;
  return std::string_view(base_ + node_->offset, node_->length);
}

std::optional<bool> Value::boolean() const noexcept {
  if (type() != Type::boolean) return std::nullopt;
  return node_->truth;
}

std::optional<std::string_view> Value::number() const noexcept {
  if (type() != Type::number) return std::nullopt;
  return std::string_view(base_ + node_->offset, node_->length);
}

std::optional<std::int64_t> Value::integer() const noexcept {
  const auto digits = number();
  std::int64_t value = 0;
  if (!digits) return std::nullopt;
  const char* const end = digits->data() + digits->size();
  const auto [rest, status] = std::from_chars(digits->data(), end, value);
  if (status != std::errc() || rest != end) return std::nullopt;
  return value;
}

std::string_view Value::name() const noexcept {
  return node_ == nullptr ? std::string_view()
                          : std::string_view(base_ + node_->name_offset, node_->name_length);
}

Value Value::operator[](std::string_view name) const noexcept {
  if (is_object())
    for (const Value member : *this)
      if (member.name() == name) return member;
  return {};
}

Value::Iterator Value::begin() const noexcept {
  const bool is_container = type() == Type::object || type() == Type::array;
  return Iterator(Value(is_container ? node_ + 1 : node_, base_));
}

Value::Iterator Value::end() const noexcept {
  const bool is_container = type() == Type::object || type() == Type::array;
  return Iterator(Value(is_container ? node_ + node_->size : node_, base_));
}

void Writer::separate() {
  const std::string_view written = out_.expose();
  if (!written.empty() && std::string_view("{[:").find(written.back()) == std::string_view::npos)
    out_.append(',');
}

Writer& Writer::open(char bracket) {
  separate();
  out_.append(bracket);
  return *this;
}

Writer& Writer::close(char bracket) {
  out_.append(bracket);
  return *this;
}

Writer& Writer::name(std::string_view name) {
  separate();
  quote(name);
  out_.append(':');
  return *this;
}

Writer& Writer::text(std::string_view text) {
  separate();
  quote(text);
  return *this;
}

Writer& Writer::integer(std::int64_t value) {
  separate();
  std::array<char, 24> digits{};
  const auto [end, status] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out_.append(std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
  return *this;
}

Writer& Writer::boolean(bool value) {
  separate();
  out_.append(value ? "true" : "false");
  return *this;
}

Writer& Writer::null() {
  separate();
  out_.append("null");
  return *this;
}

Writer& Writer::value(const Value& value, const Rewrite& rewrite) {
  switch (value.type()) {
    case Type::absent:
    case Type::null:
      return null();
    case Type::boolean:
      return boolean(*value.boolean());
    case Type::number:
      separate();
      out_.append(*value.number());
      return *this;
    case Type::string:
      return rewrite ? text(rewrite(*value.text())) : text(*value.text());
    case Type::array:
      begin_array();
      for (const Value element : value) this->value(element, rewrite);
      return end_array();
    case Type::object:
      break;
  }
  begin_object();
  for (const Value member : value) {
    rewrite ? name(rewrite(member.name())) : name(member.name());
    this->value(member, rewrite);
  }
  return end_object();
}

Writer& Writer::member(std::string_view name_, const std::vector<std::string>& values) {
  name(name_).begin_array();
  for (const std::string& value : values) text(value);
  return end_array();
}

void Writer::escape(std::uint32_t code) {
  static constexpr std::string_view hex = "0123456789abcdef";
  if (code > 0xffff) {
    escape(0xd800 + ((code - 0x10000) >> 10U));
    code = 0xdc00 + ((code - 0x10000) & 0x3ffU);
  }
  const std::array<char, 6> text{
      '\\', 'u', hex[code >> 12U], hex[(code >> 8U) & 0xfU], hex[(code >> 4U) & 0xfU], hex[code & 0xfU]};
  out_.append(std::string_view(text.data(), text.size()));
}

// One character that is not ASCII, or one byte of what is none; returns how many bytes it took.
std::size_t Writer::quote_multibyte(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  text = text.substr(0, length);
  if (text.size() == length && is_utf8(text)) {
    if (escape_for_terminal(text) == text) {
      out_.append(text);
    } else {
      escape(decode_utf8(text));
    }
    return length;
  }
  if (text.size() == 3 && byte(0) == 0xed && byte(1) >= 0xa0 && (byte(2) & 0xc0U) == 0x80) {
    escape(decode_utf8(text));  // half a surrogate pair
    return 3;
  }
  out_.append("\xef\xbf\xbd");
  return 1;
}

void Writer::quote(std::string_view text) {
  out_.append('"');
  while (!text.empty()) {
    const std::size_t run = plain_run(text);
    out_.append(text.substr(0, run));
    text.remove_prefix(run);
    if (text.empty()) break;
    const auto byte = static_cast<unsigned char>(text[0]);
    std::size_t length = 1;
    if (byte == '"' || byte == '\\') {
      out_.append('\\').append(text[0]);
    } else if (byte < 0x80) {
      escape(byte);
    } else {
      length = quote_multibyte(text);
    }
    text.remove_prefix(length);
  }
  out_.append('"');
}

}  // namespace oauth_token::json
