#include "base/base64.hpp"
#include "protocol/client_assertion.hpp"
#include "protocol/numbers.hpp"

#include <oauth_token/json.hpp>
#include <oauth_token/text.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace oauth_token::protocol {
namespace {

constexpr std::size_t longest_shown_subject = 200;

std::optional<json::Document> decode_object(std::string_view part) {
  SecretBuffer text;
  if (part.empty() || !append_base64_decoded(text, part, Base64::url)) return std::nullopt;
  auto document = json::parse(text.take());
  if (!document || !document->root().is_object()) return std::nullopt;
  return std::move(*document);
}

// The claims, when the text is three parts of base64url of which two are JSON objects.
std::optional<json::Document> claims_of(std::string_view token) {
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  SecretBuffer signature;
  const std::string_view last = token.substr(second + 1);
  if (last.empty() || !append_base64_decoded(signature, last, Base64::url)) return std::nullopt;
  if (!decode_object(token.substr(0, first))) return std::nullopt;
  return decode_object(token.substr(first + 1, second - first - 1));
}

bool is_federated(std::string_view issuer, std::string_view subject, std::string_view client_id) {
  return issuer.substr(0, 8) == "https://" && issuer != subject && issuer != client_id;
}

}  // namespace

Result<Secret> ready_made_assertion(Secret assertion, std::string_view client_id,
                                    std::chrono::sys_seconds now) {
  std::string_view text = assertion.expose();
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  if (text.empty())
    return fail(ErrorClass::config, "The client assertion is empty; nothing was sent.",
                "Look at the file or command that it comes from.");
  const auto claims = claims_of(text);
  if (!claims)
    return fail(ErrorClass::config, "The client assertion is no signed JSON Web Token; nothing was sent.",
                "It must be three parts of base64url with dots between them, as RFC 7515 has them.");
  const json::Value root = claims->root();
  if (const auto expiry = number_of_seconds(root["exp"]); expiry && *expiry <= now.time_since_epoch()) {
    const auto ago = now.time_since_epoch() - std::max(*expiry, std::chrono::seconds(0));
    return fail(
        ErrorClass::config,
        "The client assertion expired " + std::to_string(ago.count()) + " seconds ago; it was not sent.",
        "Have a fresh one made, or check this machine's clock.");
  }
  const std::string_view subject = root["sub"].text().value_or("");
  const std::string_view issuer = root["iss"].text().value_or("");
  if (!client_id.empty() && subject != client_id && !is_federated(issuer, subject, client_id))
    return fail(ErrorClass::config,
                "The client assertion was made for " + quote_for_terminal(subject, longest_shown_subject) +
                    ", but the client is " + quote_for_terminal(client_id, longest_shown_subject) +
                    "; it was not sent.",
                "Its \"sub\" must be the client id (RFC 7523 s3).");
  if (text.size() == assertion.size()) return assertion;
  return Secret(text);
}

}  // namespace oauth_token::protocol
