#include "session/id_token.hpp"

#include "base/base64.hpp"

#include <oauth_token/json.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace oauth_token {
namespace {

std::optional<json::Document> claims(const Secret& id_token) {
  const std::string_view text = id_token.expose();
  const auto first = text.find('.');
  const auto second = text.find('.', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  SecretBuffer decoded;
  if (!append_base64_decoded(decoded, text.substr(first + 1, second - first - 1), Base64::url))
    return std::nullopt;
  auto document = json::parse(decoded.take());
  if (!document) return std::nullopt;
  return std::move(*document);
}

}  // namespace

Result<void> check_same_subject(const Secret& first, const Secret& next) {
  if (first.empty() || next.empty()) return {};
  const auto ours = claims(first);
  // A first one that nobody can read (encrypted, say) is nothing to compare with.
  if (!ours) return {};
  const auto theirs = claims(next);
  for (const char* const claim : {"iss", "sub"}) {
    if (theirs && theirs->root()[claim].text() == ours->root()[claim].text()) continue;
    return fail(ErrorClass::protocol,
                "The server answered the renewal with the id_token of another user or issuer.",
                "Sign in again, and tell the server's operator.");
  }
  return {};
}

}  // namespace oauth_token
