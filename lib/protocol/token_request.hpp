#pragma once

#include "protocol/masking.hpp"

#include <oauth_token/client_authentication.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/grant.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/secret.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace oauth_token::protocol {

/// Where a request goes and how the client proves itself there.
struct ClientRequest {
  const std::string& endpoint;
  const ClientAuthentication& authentication;
  /// For ReadyMadeAssertion: what its function returned, checked; for ClientSecretJwt and PrivateKeyJwt: the
  /// one that was made for this request; else empty.
  const Secret& assertion;
  const std::vector<HttpHeader>& headers;
};

/// A token that is asked about or revoked.
struct TokenQuery {
  const Secret& token;
  std::string_view token_type_hint;  ///< empty: none
};

/// RFC 6749 s3.2. `usage` for what cannot be sent: reserved or repeated parameters, an empty user name,
/// password or refresh token, a header that is not the caller's to set.
Result<HttpRequest> token_request(const ClientRequest& client, const Grant& grant);

/// RFC 7662 s2.1 and RFC 7009 s2.1.
Result<HttpRequest> query_request(const ClientRequest& client, const TokenQuery& query);

/// The scope that `grant` asks for, in one text.
std::string requested_scope(const Grant& grant);

/// Finds what was secret in such a request.
Masker masker(const ClientRequest& client, const Grant& grant);
Masker masker(const ClientRequest& client, const TokenQuery& query);

/// Whether the proof is the certificate of the connection (RFC 8705 s2).
bool is_by_certificate(const ClientAuthentication& authentication) noexcept;

/// Adds what may be secret in the endpoint's query and in headers.
void add_secrets_on_the_way(Masker& masker, std::string_view url, const std::vector<HttpHeader>& headers);

/// Whether the value of that parameter may be shown.
bool is_public_parameter(std::string_view name);
/// The same of a header of a request.
bool is_public_header(std::string_view name);

}  // namespace oauth_token::protocol
