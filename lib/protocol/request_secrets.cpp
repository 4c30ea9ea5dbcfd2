#include "base/base64.hpp"
#include "base/characters.hpp"
#include "protocol/form.hpp"
#include "protocol/grant_members.hpp"
#include "protocol/token_request.hpp"

#include <variant>

namespace oauth_token::protocol {
namespace {

constexpr std::string_view public_parameters =
    "access_type acr_values actor_token_type audience auth_chain authorization_details claims "
    "client_assertion_type client_id connector_id expires_in grant_type login_hint origin realm "
    "requested_token_type requested_token_use resource response_type scope service subject_token_type "
    "tenant token_format token_type token_type_hint validator_id";

constexpr std::string_view public_headers =
    "accept accept-language content-type user-agent x-cf-encoded-credentials prefer origin cache-control";

// The secret of each method; a new one does not compile until it is here.
struct AddClientSecret {
  Masker& masker;

  void operator()(const NoAuthentication&) const {}
  void operator()(const ClientSecretBasic& basic) const { add(basic.client_secret); }
  void operator()(const ClientSecretPost& post) const { add(post.client_secret); }
  void operator()(const ClientSecretJwt& jwt) const { add(jwt.client_secret); }
  // What these send is the request's assertion.
  void operator()(const PrivateKeyJwt&) const {}
  void operator()(const ReadyMadeAssertion&) const {}
  void operator()(const TlsClientAuth&) const {}
  void operator()(const SelfSignedTlsClientAuth&) const {}

 private:
  void add(const Secret& secret) const {
    masker.add(secret.expose());
    // Within the Authorization header it stands in base64 of its encoded form.
    SecretBuffer encoded;
    append_form_encoded(encoded, secret.expose());
    if (encoded.expose() != secret.expose()) masker.add(encoded.expose());
  }
};

void add_client(Masker& masker, const ClientRequest& client) {
  std::visit(AddClientSecret{masker}, client.authentication);
  add_secrets_on_the_way(masker, client.endpoint, client.headers);
  masker.add(client.assertion.expose());
}

struct AddGrantSecret {
  Masker& masker;

  void operator()(std::string_view /*name*/, const Secret& value) const { masker.add(value.expose()); }
  void operator()(std::string_view /*name*/, const std::string& /*public*/) const {}
};

}  // namespace

bool is_public_parameter(std::string_view name) { return has_word(public_parameters, name); }

bool is_public_header(std::string_view name) { return has_word_ignoring_case(public_headers, name); }

void add_secrets_on_the_way(Masker& masker, std::string_view url, const std::vector<HttpHeader>& headers) {
  for (const HttpHeader& header : headers)
    if (!is_public_header(header.name)) masker.add(header.value);
  const auto query = url.find('?');
  if (query == std::string_view::npos) return;
  each_form_pair(url.substr(query + 1, url.find('#') - query - 1),
                 [&](std::string_view name, std::string_view value) {
                   if (!is_public_parameter(name)) masker.add(value);
                 });
}

Masker masker(const ClientRequest& client, const Grant& grant) {
  Masker masker;
  add_client(masker, client);
  std::visit([&](const auto& any) { each_own_member(any, AddGrantSecret{masker}); }, grant);
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
