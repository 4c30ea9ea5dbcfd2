#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

namespace oauth_token {

/// What a file store is sealed with.
struct StoreKey {
  enum class Kind { key, passphrase };

  Kind kind = Kind::key;
  Secret value = {};  ///< the 32 bytes, or the passphrase
};

/// `base64:` and 32 bytes in base64 (either alphabet, padding or not), `passphrase:` and any text, or base64
/// without a prefix. Class `config`, reason "key", for anything else.
Result<StoreKey> parse_store_key(const Secret& text);

}  // namespace oauth_token
