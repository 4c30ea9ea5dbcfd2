#include "protocol/json.hpp"

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

void Writer::quote(std::string_view text) {
  static constexpr std::string_view hex = "0123456789abcdef";
  const auto is_plain = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
  };
  const auto escape = [&](unsigned code) {
    const std::array<char, 6> text_{
        '\\', 'u', hex[code >> 12U], hex[(code >> 8U) & 0xfU], hex[(code >> 4U) & 0xfU], hex[code & 0xfU]};
    out_.append(std::string_view(text_.data(), text_.size()));
  };
  out_.append('"');
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && is_plain(text[run])) ++run;
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
      length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      const std::string_view character = text.substr(0, length);
      const bool surrogate = character.size() == 3 && byte == 0xed &&
                             static_cast<unsigned char>(character[1]) >= 0xa0 &&
                             (static_cast<unsigned char>(character[2]) & 0xc0U) == 0x80;
      if (character.size() == length && is_utf8(character)) {
        out_.append(character);
      } else if (surrogate) {
        escape(0xd000U | ((static_cast<unsigned char>(character[1]) & 0x3fU) << 6U) |
               (static_cast<unsigned char>(character[2]) & 0x3fU));
      } else {
        out_.append("\xef\xbf\xbd");
        length = 1;
      }
    }
    text.remove_prefix(length);
  }
  out_.append('"');
}

}  // namespace oauth_token::json
