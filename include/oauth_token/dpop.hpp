#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/signing_key.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#pragma GCC visibility push(default)
namespace oauth_token {

/// Tokens that are bound to a key (RFC 9449).
enum class DpopUse : std::uint8_t {
  none,
  required,  ///< a token of another type than DPoP is an error
  optional,  ///< a Bearer token is accepted, with a warning
};

/// "", "required" or "optional".
std::string_view to_string(DpopUse use) noexcept;

/// A request to an API, for which its caller wants a proof.
struct DpopRequest {
  std::string method = {};   ///< as it is sent: letters count, e.g. "GET"
  std::string url = {};      ///< its query says nothing; a fragment is refused
  std::string nonce = {};    ///< from the server's last DPoP-Nonce header (s9); empty: none
  Secret access_token = {};  ///< that the request carries, for "ath"; empty: none
};

/// The value of the request's DPoP header (RFC 9449 s4.2): "jti" is new, "iat" is now, the algorithm is the
/// first one of the key. For one request only; its repetition needs another one. `usage` for a method, URL
/// or nonce that cannot be one, `config` without a key. Thread-safe; blocks for a key in a hardware token.
Result<Secret> dpop_proof(const SigningKey& key, const DpopRequest& request);

/// How a client has its tokens bound to a key: a proof goes with every token request.
struct DpopOptions {
  DpopUse use = DpopUse::none;  ///< none: no proof is sent
  SigningKey key = {};          ///< signs the proofs; no key is an error of class `config` at the request
  /// The token endpoint's last nonce, where it is still known: saves a repetition. Empty: none.
  std::string nonce = {};
};

}  // namespace oauth_token
#pragma GCC visibility pop
