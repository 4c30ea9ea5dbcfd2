#include "protocol/token_request.hpp"

#include "base/base64.hpp"
#include "base/characters.hpp"
#include "protocol/form.hpp"
#include "protocol/grant_members.hpp"
#include "protocol/request_headers.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <variant>

namespace oauth_token::protocol {
namespace {

constexpr std::array<std::string_view, 5> set_by_every_grant{"grant_type", "client_id", "client_secret",
                                                             "scope", "client_assertion"};
using Names = std::span<const std::string_view>;
// An extension grant has no members of its own for them and may carry them as parameters.
constexpr std::string_view of_users[] = {"username", "password", "refresh_token"};
constexpr std::string_view of_bearers[] = {"assertion"};
constexpr std::string_view of_exchanges[] = {"subject_token",    "subject_token_type",   "actor_token",
                                             "actor_token_type", "requested_token_type", "audience"};

template <class List>
bool contains(const List& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// `own`: what the grant has members for.
Result<void> check_extra(const std::vector<Parameter>& extra, Names own) {
  for (std::size_t i = 0; i < extra.size(); ++i) {
    const std::string_view name = extra[i].name;
    const std::string shown = quote_for_terminal(name);
    if (name.empty())
      return fail(ErrorClass::usage, "A parameter has no name.", "A parameter is written as NAME=VALUE.");
    if (contains(set_by_every_grant, name) || name.substr(0, 16) == "client_assertion" || contains(own, name))
      return fail(ErrorClass::usage, "The parameter " + shown + " cannot be added by hand.",
                  "There is an option or a member of its own for it.");
    if (name == "resource") continue;
    for (std::size_t k = 0; k < i; ++k)
      if (extra[k].name == name)
        return fail(ErrorClass::usage, "The parameter " + shown + " is given twice.",
                    "Only \"resource\" may repeat (RFC 6749 s3.2, RFC 8707 s2).");
  }
  return {};
}

// The pages of a secret are wiped in a child of fork: what it would send there costs a try.
Result<void> check_not_wiped(const Secret& secret, const char* what) {
  if (secret.empty() || secret.expose().find_first_not_of('\0') != std::string_view::npos) return {};
  return fail(ErrorClass::usage,
              "The " + std::string(what) + " is gone: it was read before this process was forked off.",
              "Nothing was sent; read it in the process that sends it.");
}

struct GrantCheck {
  Result<void> operator()(const PasswordGrant& grant) const {
    if (grant.username.empty())
      return fail(ErrorClass::usage, "The user name is empty.", "The password grant needs one.");
    if (grant.password.empty())
      return fail(ErrorClass::usage, "The password is empty.", "Nothing was sent; give the password.");
    if (auto there = check_not_wiped(grant.password, "password"); !there) return there;
    return check_extra(grant.extra, of_users);
  }
  Result<void> operator()(const RefreshTokenGrant& grant) const {
    if (grant.refresh_token.empty())
      return fail(ErrorClass::usage, "The refresh token is empty.", "Nothing was sent; sign in again.");
    if (auto there = check_not_wiped(grant.refresh_token, "refresh token"); !there) return there;
    return check_extra(grant.extra, of_users);
  }
  Result<void> operator()(const ClientCredentialsGrant& grant) const {
    return check_extra(grant.extra, of_users);
  }
  Result<void> operator()(const JwtBearerGrant& grant) const {
    if (grant.assertion.empty())
      return fail(ErrorClass::usage, "The assertion is empty.", "Nothing was sent; give the assertion.");
    return check_extra(grant.extra, of_bearers);
  }
  Result<void> operator()(const TokenExchangeGrant& grant) const {
    if (grant.subject_token.empty() || grant.subject_token_type.empty())
      return fail(ErrorClass::usage, "The subject token or its type is missing.",
                  "A token exchange needs both (RFC 8693 s2.1).");
    if (grant.actor_token.empty() != grant.actor_token_type.empty())
      return fail(ErrorClass::usage, "Of the actor token and its type, one is missing.",
                  "They come together (RFC 8693 s2.1).");
    return check_extra(grant.extra, of_exchanges);
  }
  Result<void> operator()(const ExtensionGrant& grant) const {
    if (grant.grant_type.empty() || has_control_character(grant.grant_type))
      return fail(ErrorClass::usage, "The grant type is empty or has a control character.",
                  "Name the grant by its URI (RFC 6749 s4.5).");
    return check_extra(grant.extra, {});
  }
};

struct AuthenticationCheck {
  Result<void> operator()(const NoAuthentication&) const { return {}; }
  Result<void> operator()(const ClientSecretBasic& basic) const {
    if (auto named = is_named(basic.client_id); !named) return named;
    if (basic.encoding == BasicEncoding::form) return {};
    if (basic.client_id.find(':') != std::string::npos)
      return fail(ErrorClass::usage, "A client id with a colon cannot be sent raw in HTTP Basic.",
                  "Use the form encoding, or client_secret_post.");
    if (has_control_character(basic.client_id) || has_control_character(basic.client_secret.expose()))
      return fail(ErrorClass::usage, "A control character cannot be sent raw in HTTP Basic (RFC 7617 s2).",
                  "Use the form encoding, or client_secret_post.");
    return {};
  }
  Result<void> operator()(const ClientSecretPost& post) const { return is_named(post.client_id); }
  Result<void> operator()(const ClientSecretJwt& jwt) const { return is_named(jwt.client_id); }
  Result<void> operator()(const PrivateKeyJwt& jwt) const { return is_named(jwt.client_id); }
  Result<void> operator()(const ReadyMadeAssertion&) const { return {}; }
  Result<void> operator()(const TlsClientAuth& tls) const { return is_known(tls.client_id); }
  Result<void> operator()(const SelfSignedTlsClientAuth& tls) const { return is_known(tls.client_id); }

  static Result<void> is_named(const std::string& client_id) {
    if (client_id.empty())
      return fail(ErrorClass::usage, "The client id is empty.",
                  "A client secret or signing key needs a client id beside it.");
    return {};
  }
  static Result<void> is_known(const std::string& client_id) {
    if (client_id.empty())
      return fail(ErrorClass::config, "The client id is empty.",
                  "Beside a client certificate it names the client (RFC 8705 s2).");
    return {};
  }
};

bool is_by_assertion(const ClientAuthentication& authentication) {
  return std::holds_alternative<ReadyMadeAssertion>(authentication) ||
         std::holds_alternative<ClientSecretJwt>(authentication) ||
         std::holds_alternative<PrivateKeyJwt>(authentication);
}

// What the client's authentication puts into the body.
void append_authentication(SecretBuffer& body, const ClientRequest& client) {
  if (std::holds_alternative<ClientSecretBasic>(client.authentication)) return;
  if (const std::string_view id = client_id(client.authentication); !id.empty())
    append_form_pair(body, "client_id", id);
  if (const auto* post = std::get_if<ClientSecretPost>(&client.authentication);
      post != nullptr && !post->client_secret.empty())
    append_form_pair(body, "client_secret", post->client_secret.expose());
  if (is_by_assertion(client.authentication)) {
    append_form_pair(body, "client_assertion_type", client_assertion_type);
    append_form_pair(body, "client_assertion", client.assertion.expose());
  }
}

Secret basic_authorization(const ClientSecretBasic& basic) {
  SecretBuffer pair;
  if (basic.encoding == BasicEncoding::form) {
    append_form_encoded(pair, basic.client_id);
    pair.append(':');
    append_form_encoded(pair, basic.client_secret.expose());
  } else {
    pair.append(basic.client_id).append(':').append(basic.client_secret.expose());
  }
  SecretBuffer value;
  value.append("Basic ");
  append_base64(value, pair.expose());
  return value.take();
}

// The request but for its body.
Result<HttpRequest> request_to(const ClientRequest& client) {
  if (client.endpoint.empty() || has_control_character(client.endpoint))
    return fail(ErrorClass::usage, "The endpoint is empty or has a control character in it.",
                "It must be an absolute https URL.");
  if (auto checked = std::visit(AuthenticationCheck{}, client.authentication); !checked)
    return fail(std::move(checked.error()));
  auto headers = request_headers(client.headers);
  if (!headers) return fail(std::move(headers.error()));
  HttpRequest request{.url = client.endpoint, .headers = std::move(*headers)};
  if (const auto* basic = std::get_if<ClientSecretBasic>(&client.authentication))
    request.authorization = basic_authorization(*basic);
  return request;
}

// What is empty is left out.
struct OwnMembers {
  SecretBuffer& body;

  void operator()(std::string_view name, std::string_view value) const {
    if (!value.empty()) append_form_pair(body, name, value);
  }
  void operator()(std::string_view name, const Secret& value) const { (*this)(name, value.expose()); }
};

void append_joined(SecretBuffer& body, std::string_view name, const std::vector<std::string>& values) {
  bool first = true;
  for (const std::string& value : values) {
    if (value.empty()) continue;
    if (first)
      append_form_pair(body, name, value);
    else
      append_form_encoded(body.append("%20"), value);
    first = false;
  }
}

}  // namespace

Result<HttpRequest> token_request(const ClientRequest& client, const Grant& grant) {
  if (auto checked = std::visit(GrantCheck{}, grant); !checked) return fail(std::move(checked.error()));
  auto request = request_to(client);
  if (!request) return request;
  SecretBuffer body;
  append_form_pair(body, "grant_type", grant_type(grant));
  std::visit([&](const auto& any) { each_own_member(any, OwnMembers{body}); }, grant);
  append_authentication(body, client);
  std::visit(
      [&](const auto& any) {
        append_joined(body, "scope", any.scope);
        for (const std::string& resource : any.resource) append_form_pair(body, "resource", resource);
        for (const Parameter& extra : any.extra) append_form_pair(body, extra.name, extra.value.expose());
      },
      grant);
  request->body = body.take();
  return request;
}

Result<HttpRequest> query_request(const ClientRequest& client, const TokenQuery& query) {
  if (query.token.empty()) return fail(ErrorClass::usage, "The token is empty.");
  auto request = request_to(client);
  if (!request) return request;
  SecretBuffer body;
  append_form_pair(body, "token", query.token.expose());
  if (!query.token_type_hint.empty()) append_form_pair(body, "token_type_hint", query.token_type_hint);
  append_authentication(body, client);
  request->body = body.take();
  return request;
}

bool is_by_certificate(const ClientAuthentication& authentication) noexcept {
  return std::holds_alternative<TlsClientAuth>(authentication) ||
         std::holds_alternative<SelfSignedTlsClientAuth>(authentication);
}

std::string requested_scope(const Grant& grant) {
  std::string scope;
  for (const std::string& value : std::visit(
           [](const auto& any) -> const auto& { return any.scope; }, grant)) {
    if (value.empty()) continue;
    if (!scope.empty()) scope += ' ';
    scope += value;
  }
  return scope;
}

}  // namespace oauth_token::protocol
