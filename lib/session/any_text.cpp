#include "session/any_text.hpp"

#include "base/base64.hpp"

#include <oauth_token/text.hpp>

namespace oauth_token {

json::Writer& write_text(json::Writer& out, std::string_view text) {
  if (is_utf8(text)) return out.text(text);
  SecretBuffer encoded;
  append_base64(encoded, text);
  return out.begin_object().member("base64", encoded.expose()).end_object();
}

std::optional<std::string> read_text(json::Value value) {
  if (const auto text = value.text()) return std::string(*text);
  const auto encoded = value["base64"].text();
  SecretBuffer text;
  if (!encoded || !append_base64_decoded(text, *encoded)) return std::nullopt;
  return std::string(text.expose());
}

}  // namespace oauth_token
