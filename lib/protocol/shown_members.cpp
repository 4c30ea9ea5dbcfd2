#include "protocol/shown_members.hpp"

#include "base/characters.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace oauth_token::protocol {
namespace {

// In lower case, without '_' and '-'. A server's mfa_token is none of these: its next step asks for it.
constexpr std::array<std::string_view, 8> token_names{
    "accesstoken", "authtoken", "devicesecret", "idtoken", "jwt", "refreshtoken", "token", "tokens"};

bool is_named(std::string_view name, std::string_view plain) {
  std::size_t at = 0;
  for (const char c : name) {
    if (c == '_' || c == '-') continue;
    if (at == plain.size() || lower(c) != plain[at]) return false;
    ++at;
  }
  return at == plain.size();
}

bool is_named_like_a_token(std::string_view name) {
  return std::any_of(token_names.begin(), token_names.end(),
                     [&](std::string_view plain) { return is_named(name, plain); });
}

bool accompanies_a_token(std::string_view name) {
  return name == "token_type" || name == "expires_in" || name == "scope";
}

class Showing {
 public:
  Showing(const Masker& mask, Texts texts) : mask_(mask), texts_(texts) {}

  void member(json::Writer& out, const json::Value& member) const {
    if (is_named_like_a_token(member.name())) return;
    out.name(mask_(member.name()));
    value(out, member);
  }

 private:
  void value(json::Writer& out, const json::Value& value) const {
    switch (value.type()) {
      case json::Type::object:
        out.begin_object();
        for (const json::Value inner : value) member(out, inner);
        out.end_object();
        break;
      case json::Type::array:
        out.begin_array();
        for (const json::Value element : value) this->value(out, element);
        out.end_array();
        break;
      case json::Type::string:
        out.text(text(*value.text()));
        break;
      default:
        out.value(value);
    }
  }

  [[nodiscard]] std::string text(std::string_view text) const {
    return texts_ == Texts::masked ? mask_(text) : "(" + std::to_string(text.size()) + " bytes)";
  }

  const Masker& mask_;
  Texts texts_;
};

}  // namespace

std::string shown_members(const json::Value& root, const Masker& mask, Texts texts,
                          const std::function<bool(const json::Value&)>& skipped) {
  const Showing showing(mask, texts);
  json::Writer shown;
  shown.begin_object();
  // Looked up once: a hostile answer has a hundred thousand members.
  const bool has_token{root["access_token"]};
  for (const json::Value member : root)
    if (!skipped(member) && !(has_token && accompanies_a_token(member.name()))) showing.member(shown, member);
  shown.end_object();
  return std::string(shown.expose());
}

}  // namespace oauth_token::protocol
