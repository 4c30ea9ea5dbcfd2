#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/signing_key.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace oauth_token::protocol {

/// What a proof says.
struct DpopClaims {
  std::string_view jti;
  std::string_view method;
  const Url& url;
  std::chrono::sys_seconds now;
  std::string_view nonce = {};              ///< empty: none
  std::string_view access_token_hash = {};  ///< empty: none
};

/// RFC 9449 s4.2.
Result<Secret> dpop_proof(const SigningKey& key, const DpopClaims& claims);

/// "ath": base64url of SHA-256.
Result<std::string> access_token_hash(const Secret& access_token);

/// Whether a server may give such a nonce (RFC 9449 s8.1), of a length that fits a header.
bool is_dpop_nonce(std::string_view nonce);

/// The nonce for the next request to the same server (RFC 9449 s8.2); nothing where there is none.
std::optional<std::string> dpop_nonce(const HttpResponse& response);

}  // namespace oauth_token::protocol
