#include "client/same_url.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/text.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oauth_token {
namespace {

// The order of scopes and resources says nothing (RFC 6749 s3.3).
std::string in_order(std::vector<std::string> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : " ") + value;
  return text;
}

struct Difference {
  std::string member = {};  // its name in the public header
  std::string words = {};
};

Difference differs(std::string member, const std::string& what, std::string_view ours,
                   std::string_view asked) {
  const auto shown = [](std::string_view value) {
    return value.empty() ? std::string("none") : quote_for_terminal(value);
  };
  return {std::move(member), what + " " + shown(ours) + ", not " + shown(asked)};
}

std::string name_of(BasicEncoding encoding) { return encoding == BasicEncoding::raw ? "raw" : "form"; }

std::optional<Difference> difference_of_clients(const ClientSettings& ours, const AskedBinding& binding) {
  const ClientSettings& asked = binding.client;
  struct {
    const char *member, *what;
    std::string_view ours, asked;
    bool url;
  } const rows[] = {
      {"issuer", "issuer", ours.issuer, asked.issuer, true},
      {"token_endpoint", "token endpoint", ours.token_endpoint, asked.token_endpoint, true},
      {"introspection_endpoint", "introspection endpoint", ours.introspection_endpoint,
       asked.introspection_endpoint, true},
      {"revocation_endpoint", "revocation endpoint", ours.revocation_endpoint, asked.revocation_endpoint,
       true},
      {"client_id", "client id", ours.client_id, asked.client_id, false},
      {"client_auth", "client authentication", ours.client_auth, asked.client_auth, false},
      {"ca_file", "CA file", ours.ca_file, asked.ca_file, false},
      {"signing_key", "signing key", ours.assertion.key, asked.assertion.key, false},
      {"signing_key_id", "signing key id", ours.assertion.key_id, asked.assertion.key_id, false},
      {"signing_alg", "signing algorithm", ours.assertion.algorithm, asked.assertion.algorithm, false},
      {"assertion_audience", "assertion audience", ours.assertion.audience, asked.assertion.audience, false},
      {"assertion_type", "assertion type", ours.assertion.type, asked.assertion.type, false},
      {"tls_cert", "client certificate", ours.certificate.certificate, asked.certificate.certificate, false},
      {"tls_key", "client certificate's key", ours.certificate.key, asked.certificate.key, false},
      {"dpop", "use of DPoP", to_string(ours.dpop.use), to_string(asked.dpop.use), false},
      {"dpop_key", "DPoP key", ours.dpop.key, asked.dpop.key, false},
  };
  for (const auto& row : rows) {
    if (row.asked.empty() || row.asked == row.ours || (row.url && same_url(row.ours, row.asked))) continue;
    return differs(row.member, row.what, row.ours, row.asked);
  }
  const bool asks_encoding = binding.basic_encoding || asked.basic_encoding == BasicEncoding::raw;
  if (asks_encoding && asked.basic_encoding != ours.basic_encoding)
    return differs("basic_encoding", "basic encoding", name_of(ours.basic_encoding),
                   name_of(asked.basic_encoding));
  return std::nullopt;
}

// What empty values say is up to the caller.
std::optional<Difference> difference_of_grants(const SessionRecord& ours, const std::string& username,
                                               const std::vector<std::string>* scope,
                                               const std::vector<std::string>* resource) {
  if (!username.empty() && username != ours.username)
    return differs("username", "user", ours.username, username);
  if (scope != nullptr && in_order(*scope) != in_order(ours.scope))
    return differs("scope", "scope", in_order(ours.scope), in_order(*scope));
  if (resource != nullptr && in_order(*resource) != in_order(ours.resource))
    return differs("resource", "resource", in_order(ours.resource), in_order(*resource));
  return std::nullopt;
}

}  // namespace

Result<void> Session::check_binding(const AskedBinding& asked) const {
  const auto unless_empty = [](const std::vector<std::string>& values) {
    return values.empty() ? nullptr : &values;
  };
  auto found = difference_of_clients(record().client, asked);
  if (!found)
    found = difference_of_grants(record(), asked.username, unless_empty(asked.scope),
                                 unless_empty(asked.resource));
  if (!found) return {};
  return fail(Error{.error_class = ErrorClass::usage,
                    .message = "Session \"" + record().name + "\" is bound to the " + found->words + ".",
                    .hint = "Leave that setting out, or sign in with it under another --session name.",
                    .reason = std::move(found->member)});
}

std::optional<std::string> difference(const SessionRecord& existing, const SessionRecord& wanted) {
  const ClientSettings& ours = existing.client;
  const ClientSettings& asked = wanted.client;
  const auto differ = [](const std::string& what, const std::string& one, const std::string& other) {
    return differs("", what, one, other).words;
  };
  if (!asked.token_endpoint.empty() && !same_url(ours.token_endpoint, asked.token_endpoint))
    return differ("token endpoint", ours.token_endpoint, asked.token_endpoint);
  if (!asked.issuer.empty() && !ours.issuer.empty() && !same_url(ours.issuer, asked.issuer))
    return differ("issuer", ours.issuer, asked.issuer);
  // One that was not named before is found by discovery.
  for (const auto& [what, member] :
       {std::pair("introspection endpoint", &ClientSettings::introspection_endpoint),
        std::pair("revocation endpoint", &ClientSettings::revocation_endpoint)})
    if (!(asked.*member).empty() && !(ours.*member).empty() && !same_url(ours.*member, asked.*member))
      return differ(what, ours.*member, asked.*member);
  if (ours.client_id != asked.client_id) return differ("client id", ours.client_id, asked.client_id);
  if (auto found = difference_of_grants(existing, wanted.username, &wanted.scope, &wanted.resource))
    return std::move(found->words);
  return std::nullopt;
}

}  // namespace oauth_token
