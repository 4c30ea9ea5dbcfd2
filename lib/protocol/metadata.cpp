#include "protocol/metadata.hpp"

#include "protocol/answer.hpp"

#include <oauth_token/json.hpp>
#include <oauth_token/text.hpp>

#include <utility>
#include <vector>

namespace oauth_token::protocol {
namespace {

constexpr std::size_t longest_shown_url = 200;

std::string_view without_final_slash(std::string_view text) {
  return !text.empty() && text.back() == '/' ? text.substr(0, text.size() - 1) : text;
}

std::string text_of(const json::Value& value) { return std::string(value.text().value_or("")); }

std::optional<std::vector<std::string>> list_of(const json::Value& value) {
  if (value.type() != json::Type::array) return std::nullopt;
  std::vector<std::string> list;
  for (const json::Value element : value)
    if (const auto text = element.text()) list.emplace_back(*text);
  return list;
}

}  // namespace

std::array<std::string, 2> metadata_addresses(const Url& issuer) {
  const std::string path(without_final_slash(issuer.path));
  return {issuer.origin() + path + "/.well-known/openid-configuration",
          issuer.origin() + "/.well-known/oauth-authorization-server" + path};
}

HttpRequest metadata_request(std::string address) {
  return {.method = "GET",
          .url = std::move(address),
          .headers = {{"Accept", "application/json"}, {"User-Agent", std::string(user_agent())}},
          .sensitive = false};
}

Result<std::optional<ServerMetadata>> metadata_response(HttpResponse response, std::string_view issuer,
                                                        std::chrono::sys_seconds now) {
  if (response.status == 429 || response.status >= 500) {
    const AnswerContext context{
        .kind = RequestKind::query, .now = now, .url = issuer, .masker = [] { return Masker(); }};
    return fail(no_oauth_answer(read_answer(std::move(response), context), context));
  }
  if (response.status != 200) return std::nullopt;
  // Many servers hand this document out as a plain file, whatever its type.
  const auto document = json::parse(std::move(response.body));
  if (!document || !document->root()["issuer"].text()) return std::nullopt;
  const json::Value root = document->root();
  const json::Value aliases = root["mtls_endpoint_aliases"];
  ServerMetadata metadata{
      .issuer = text_of(root["issuer"]),
      .token_endpoint = text_of(root["token_endpoint"]),
      .introspection_endpoint = text_of(root["introspection_endpoint"]),
      .revocation_endpoint = text_of(root["revocation_endpoint"]),
      .token_endpoint_auth_methods = list_of(root["token_endpoint_auth_methods_supported"]),
      .grant_types = list_of(root["grant_types_supported"]),
      .mtls_token_endpoint = text_of(aliases["token_endpoint"]),
      .mtls_introspection_endpoint = text_of(aliases["introspection_endpoint"]),
      .mtls_revocation_endpoint = text_of(aliases["revocation_endpoint"])};
  if (without_final_slash(metadata.issuer) != without_final_slash(issuer)) {
    Error error{.error_class = ErrorClass::protocol,
                .message = "The metadata names the issuer " +
                           quote_for_terminal(metadata.issuer, longest_shown_url) + ", but " +
                           quote_for_terminal(issuer, longest_shown_url) + " was asked.",
                .hint = "If that is the right server, name it with exactly the issuer it calls itself.",
                .reason = "issuer",
                .http_status = response.status,
                .sent = Sent::yes};
    return fail(std::move(error));
  }
  if (metadata.token_endpoint.empty()) return std::nullopt;
  json::Writer whole;
  whole.value(root);
  metadata.json = whole.expose();
  return metadata;
}

Result<void> check_endpoint(const Url& issuer, const Url& endpoint, std::string_view what, bool allow_http) {
  if (endpoint.scheme == "https" || allow_http) return {};
  if (issuer.scheme == "http" && issuer.is_loopback() && endpoint.is_loopback()) return {};
  return fail(ErrorClass::insecure,
              "The metadata of " + quote_for_terminal(issuer.text, longest_shown_url) + " names a " +
                  std::string(what) +
                  " without https: " + quote_for_terminal(endpoint.text, longest_shown_url) + ".",
              "Nothing is sent there in the clear; the server's administrator has to mend the document.");
}

}  // namespace oauth_token::protocol
