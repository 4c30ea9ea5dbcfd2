#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)
namespace oauth_token {

/// What an authorization server says of itself (RFC 8414 s2, OpenID Connect Discovery s3).
struct ServerMetadata {
  std::string issuer = {};                  ///< as the document writes it
  std::string token_endpoint = {};          ///< never empty
  std::string introspection_endpoint = {};  ///< empty: not offered
  std::string revocation_endpoint = {};     ///< empty: not offered
  /// Absent means client_secret_basic (RFC 8414 s2).
  std::optional<std::vector<std::string>> token_endpoint_auth_methods = {};
  /// Absent says nothing about the password grant.
  std::optional<std::vector<std::string>> grant_types = {};
  /// mtls_endpoint_aliases of RFC 8705 s5, for clients with a certificate; empty: the endpoint above has
  /// none.
  std::string mtls_token_endpoint = {};
  std::string mtls_introspection_endpoint = {};  ///< the same
  std::string mtls_revocation_endpoint = {};     ///< the same
  std::string json = {};                         ///< the whole document
};

/// How `discover` asks.
struct DiscoveryOptions {
  /// When everything must be over.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  bool allow_http = false;  ///< plain http for issuer and endpoints beyond this machine
};

/// Asks `issuer` for its metadata: OpenID Connect's address first (issuer +
/// /.well-known/openid-configuration), then, after a 404 or another answer that is no metadata, RFC 8414's
/// (/.well-known/oauth-authorization-server inserted before the path). The issuer in the document must equal
/// the one asked, letter by letter (RFC 8414 s3.3; one final slash may differ); endpoints must be https
/// unless the issuer itself is plain http on this machine. Blocks; sends no secret. Thread-safe. Errors as
/// parse_url and the transport; `usage` for an issuer with a query; `protocol` when neither address answers
/// with metadata or the document breaks these rules; `insecure` for plain http that is not allowed.
Result<ServerMetadata> discover(const Transport& transport, std::string_view issuer,
                                const DiscoveryOptions& options = {}, std::stop_token stop = {});

}  // namespace oauth_token
#pragma GCC visibility pop
