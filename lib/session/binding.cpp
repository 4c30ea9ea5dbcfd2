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

// Letter by letter, else as libcurl reads them: only then is the HTTP module needed.
bool same_url(const std::string& left, const std::string& right) {
  if (left == right) return true;
  const auto a = parse_url(left);
  const auto b = parse_url(right);
  return a && b && a->text == b->text;
}

// The order of scopes and resources says nothing (RFC 6749 s3.3).
std::string in_order(std::vector<std::string> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : " ") + value;
  return text;
}

std::string differs(const std::string& what, const std::string& ours, const std::string& asked) {
  const auto shown = [](const std::string& value) {
    return value.empty() ? std::string("none") : "\"" + escape_for_terminal(value) + "\"";
  };
  return what + " " + shown(ours) + ", not " + shown(asked);
}

std::string_view name_of(BasicEncoding encoding) noexcept {
  return encoding == BasicEncoding::raw ? "raw" : "form";
}

std::optional<std::string> difference_of_clients(const ClientSettings& ours, const ClientSettings& asked) {
  struct {
    const char* what;
    const std::string &ours, &asked;
    bool url;
  } const rows[] = {
      {"issuer", ours.issuer, asked.issuer, true},
      {"token endpoint", ours.token_endpoint, asked.token_endpoint, true},
      {"introspection endpoint", ours.introspection_endpoint, asked.introspection_endpoint, true},
      {"revocation endpoint", ours.revocation_endpoint, asked.revocation_endpoint, true},
      {"client id", ours.client_id, asked.client_id, false},
      {"client authentication", ours.client_auth, asked.client_auth, false},
      {"CA file", ours.ca_file, asked.ca_file, false},
  };
  for (const auto& row : rows) {
    if (row.asked.empty() || row.asked == row.ours || (row.url && same_url(row.ours, row.asked))) continue;
    return differs(row.what, row.ours, row.asked);
  }
  return std::nullopt;
}

}  // namespace

Result<void> Session::check_binding(const ClientSettings& asked, bool asks_encoding) const {
  auto found = difference_of_clients(record().client, asked);
  const BasicEncoding ours = record().client.basic_encoding;
  if (!found && (asks_encoding || asked.basic_encoding == BasicEncoding::raw) && asked.basic_encoding != ours)
    found = differs("basic encoding", std::string(name_of(ours)), std::string(name_of(asked.basic_encoding)));
  if (!found) return {};
  return fail(ErrorClass::usage, "Session \"" + record().name + "\" is bound to the " + *found + ".",
              "Leave that setting out, or sign in with it under another --session name.");
}

std::optional<std::string> difference(const SessionRecord& existing, const SessionRecord& wanted) {
  const ClientSettings& ours = existing.client;
  const ClientSettings& asked = wanted.client;
  if (!asked.token_endpoint.empty() && !same_url(ours.token_endpoint, asked.token_endpoint))
    return differs("token endpoint", ours.token_endpoint, asked.token_endpoint);
  if (!asked.issuer.empty() && !ours.issuer.empty() && !same_url(ours.issuer, asked.issuer))
    return differs("issuer", ours.issuer, asked.issuer);
  // One that was not named before is found by discovery.
  for (const auto& [what, member] :
       {std::pair("introspection endpoint", &ClientSettings::introspection_endpoint),
        std::pair("revocation endpoint", &ClientSettings::revocation_endpoint)})
    if (!(asked.*member).empty() && !(ours.*member).empty() && !same_url(ours.*member, asked.*member))
      return differs(what, ours.*member, asked.*member);
  if (ours.client_id != asked.client_id) return differs("client id", ours.client_id, asked.client_id);
  if (!wanted.username.empty() && existing.username != wanted.username)
    return differs("user", existing.username, wanted.username);
  if (in_order(existing.scope) != in_order(wanted.scope))
    return differs("scope", in_order(existing.scope), in_order(wanted.scope));
  if (in_order(existing.resource) != in_order(wanted.resource))
    return differs("resource", in_order(existing.resource), in_order(wanted.resource));
  return std::nullopt;
}

}  // namespace oauth_token
