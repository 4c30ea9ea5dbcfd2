#pragma once

#include "crypto/module.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <string>

namespace oauth_token {

/// A private JSON Web Key (RFC 7517 s4).
struct Jwk {
  KeyNumbers numbers = {};
  std::string key_id = {};
  std::string algorithm = {};    ///< "alg", one that such a key signs with; empty: none
  std::string certificate = {};  ///< the first of "x5c", as DER; empty: none
};

/// One key, or the only private one of a set (s5). `config` for anything else, and for a key that is not
/// meant to sign; messages begin with `source`. Whether the numbers belong together is not looked at.
Result<Jwk> parse_jwk(const Secret& text, const std::string& source);

/// The public key as RFC 7638 s3.2 wants it hashed.
std::string public_jwk(const KeyNumbers& numbers);
/// All of it.
Secret private_jwk(const KeyNumbers& numbers, const std::string& key_id, const std::string& algorithm);

}  // namespace oauth_token
