#include "base/clock.hpp"
#include "client/sending.hpp"
#include "protocol/metadata.hpp"

#include <oauth_token/server_metadata.hpp>
#include <oauth_token/text.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace oauth_token {
namespace {

Result<void> check(const Url& issuer, const std::string& endpoint, std::string_view what, bool allow_http) {
  if (endpoint.empty()) return {};
  const auto url = parse_url(endpoint);
  if (!url) {
    Error error = url.error();
    error.error_class = error.error_class == ErrorClass::usage ? ErrorClass::protocol : error.error_class;
    error.message =
        "The metadata of " + issuer.text + " names an unusable " + std::string(what) + ": " + error.message;
    return fail(std::move(error));
  }
  return protocol::check_endpoint(issuer, *url, what, allow_http);
}

Result<void> check_all(const Url& issuer, const ServerMetadata& metadata, bool allow_http) {
  const std::pair<const std::string&, std::string_view> endpoints[] = {
      {metadata.token_endpoint, "token endpoint"},
      {metadata.introspection_endpoint, "introspection endpoint"},
      {metadata.revocation_endpoint, "revocation endpoint"},
      {metadata.mtls_token_endpoint, "token endpoint for certificates"},
      {metadata.mtls_introspection_endpoint, "introspection endpoint for certificates"},
      {metadata.mtls_revocation_endpoint, "revocation endpoint for certificates"}};
  for (const auto& [endpoint, what] : endpoints)
    if (auto checked = check(issuer, endpoint, what, allow_http); !checked) return checked;
  return {};
}

Result<Url> parse_issuer(std::string_view issuer, bool allow_http) {
  auto url = parse_url(issuer);
  if (!url) return url;
  if (!url->query.empty())
    return fail(ErrorClass::usage, "The issuer \"" + url->text + "\" has a query.",
                "An issuer is an https URL without query and fragment (RFC 8414 s2).");
  if (url->scheme == "http" && !url->is_loopback() && !allow_http)
    return fail(ErrorClass::insecure, "The issuer \"" + url->text + "\" is not https.",
                "Plain http is accepted for this machine only, unless --allow-http is given.");
  return url;
}

}  // namespace

Result<ServerMetadata> discover(const Transport& transport, std::string_view issuer,
                                // NOLINTNEXTLINE(performance-unnecessary-value-param): by value everywhere
                                const DiscoveryOptions& options, std::stop_token stop) {
  const auto url = parse_issuer(issuer, options.allow_http);
  if (!url) return fail(url.error());
  std::string answers;
  for (const std::string& address : protocol::metadata_addresses(*url)) {
    HttpRequest request = protocol::metadata_request(address);
    request.deadline = options.deadline;
    auto response = send_by(transport, request, stop);
    if (!response) {
      Error error = std::move(response.error());
      error.retry_safe = error.error_class == ErrorClass::network || error.error_class == ErrorClass::timeout;
      return fail(std::move(error));
    }
    answers += (answers.empty() ? "" : ", then ") + std::to_string(response->status);
    auto metadata = protocol::metadata_response(std::move(*response), issuer, now());
    if (!metadata) return fail(std::move(metadata.error()));
    if (!*metadata) continue;
    if (auto checked = check_all(*url, **metadata, options.allow_http); !checked)
      return fail(std::move(checked.error()));
    return std::move(**metadata);
  }
  Error error{.error_class = ErrorClass::protocol,
              .message = "The issuer \"" + url->text +
                         "\" publishes no metadata that name a token endpoint (HTTP " + answers + ").",
              .hint = "Check the issuer, or name the token endpoint instead.",
              .reason = "no-metadata",
              .sent = Sent::yes};
  return fail(std::move(error));
}

}  // namespace oauth_token
