#pragma once

#include "crypto/module.hpp"

#include <oauth_token/error.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token {

/// What a JWK says about keys of one kind.
struct KindFacts {
  KeyKind kind;
  std::string_view type;     ///< "kty"
  std::string_view curve;    ///< "crv"; empty for RSA
  std::size_t coordinate;    ///< bytes of x and d; 0 for RSA
  std::string_view in_text;  ///< e.g. "an EC key on P-256"
};

const KindFacts& facts_of(KeyKind kind);
/// The kind of "kty" and "crv".
std::optional<KeyKind> kind_from(std::string_view type, std::string_view curve);

/// The names that IANA has for signatures with a key of this kind, the most usual first.
std::vector<std::string> algorithms_of(KeyKind kind);
/// Nothing where such a key cannot sign with that.
std::optional<SignatureScheme> scheme_of(KeyKind kind, std::string_view algorithm);
/// The kind of a new key for it; nothing for an unknown algorithm.
std::optional<KeyKind> kind_for(std::string_view algorithm);

/// Bytes of HS256, HS384 or HS512, and the least of a key for it (RFC 7518 s3.2); nothing for another
/// algorithm.
std::optional<std::size_t> mac_size(std::string_view algorithm);
/// The octets of HS256, HS384 or HS512 (RFC 7518 s3.2) over `text`; `usage` for another algorithm.
Result<std::string> hmac(std::string_view algorithm, std::string_view key, std::string_view text);

}  // namespace oauth_token
