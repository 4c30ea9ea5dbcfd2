#include "protocol/base64.hpp"
#include "protocol/form.hpp"
#include "protocol/token_request.hpp"

#include <algorithm>
#include <array>
#include <variant>

namespace oauth_token::protocol {
namespace {

// In order.
constexpr std::array<std::string_view, 27> public_parameters{"access_type",
                                                             "acr_values",
                                                             "actor_token_type",
                                                             "audience",
                                                             "auth_chain",
                                                             "authorization_details",
                                                             "claims",
                                                             "client_assertion_type",
                                                             "client_id",
                                                             "connector_id",
                                                             "expires_in",
                                                             "grant_type",
                                                             "login_hint",
                                                             "origin",
                                                             "realm",
                                                             "requested_token_type",
                                                             "requested_token_use",
                                                             "resource",
                                                             "response_type",
                                                             "scope",
                                                             "service",
                                                             "subject_token_type",
                                                             "tenant",
                                                             "token_format",
                                                             "token_type",
                                                             "token_type_hint",
                                                             "validator_id"};

void add_client(Masker& masker, const ClientRequest& client) {
  const auto add_secret = [&](const Secret& secret) {
    masker.add(secret.expose());
    // Within the Authorization header it stands in base64 of its encoded form.
    SecretBuffer encoded;
    append_form_encoded(encoded, secret.expose());
    if (encoded.expose() != secret.expose()) masker.add(encoded.expose());
  };
  if (const auto* basic = std::get_if<ClientSecretBasic>(&client.authentication))
    add_secret(basic->client_secret);
  if (const auto* post = std::get_if<ClientSecretPost>(&client.authentication))
    add_secret(post->client_secret);
  if (const auto* jwt = std::get_if<ClientSecretJwt>(&client.authentication)) add_secret(jwt->client_secret);
  masker.add(client.assertion.expose());
}

}  // namespace

bool is_public_parameter(std::string_view name) {
  return std::binary_search(public_parameters.begin(), public_parameters.end(), name);
}

Masker masker(const ClientRequest& client, const Grant& grant) {
  Masker masker;
  add_client(masker, client);
  if (const auto* password = std::get_if<PasswordGrant>(&grant)) masker.add(password->password.expose());
  if (const auto* refresh = std::get_if<RefreshTokenGrant>(&grant))
    masker.add(refresh->refresh_token.expose());
  if (const auto* bearer = std::get_if<JwtBearerGrant>(&grant)) masker.add(bearer->assertion.expose());
  if (const auto* exchange = std::get_if<TokenExchangeGrant>(&grant)) {
    masker.add(exchange->subject_token.expose());
    masker.add(exchange->actor_token.expose());
  }
  for (const Parameter& extra : std::visit(
           [](const auto& any) -> const auto& { return any.extra; }, grant))
    if (!is_public_parameter(extra.name) && extra.name != "username") masker.add(extra.value.expose());
  return masker;
}

Masker masker(const ClientRequest& client, const TokenQuery& query) {
  Masker masker;
  add_client(masker, client);
  masker.add(query.token.expose());
  return masker;
}

}  // namespace oauth_token::protocol
