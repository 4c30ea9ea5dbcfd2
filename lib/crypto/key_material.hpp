#pragma once

#include "crypto/module.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/signing_key.hpp>

#include <stop_token>
#include <string>
#include <vector>

namespace oauth_token {

/// What a file, a text or a token held: keys, certificates, or neither.
struct KeyMaterial {
  std::string source = {};  ///< begins the sentences of messages
  KeyContents contents = {};
  std::string key_id = {};     ///< of a JWK
  std::string algorithm = {};  ///< of a JWK
  bool in_token = false;
  std::vector<std::string> warnings = {};
};

/// See SigningKey::read; the passphrase is asked for once at most. `config` for what cannot be read or
/// decrypted.
Result<KeyMaterial> read_key_material(const std::string& location, const PassphraseSource& passphrase,
                                      std::stop_token stop);
/// The same from a text that was read already.
Result<KeyMaterial> parse_key_material(const Secret& text, const std::string& source,
                                       const PassphraseSource& passphrase, std::stop_token stop);

/// The only private key; `config` when there is none or another one, saying what there is instead.
Result<KeyObject> only_key(const KeyMaterial& material);

struct KeyAbility {
  KeyKind kind = KeyKind::rsa;
  std::vector<std::string> algorithms = {};  ///< never empty
};

/// What the material's key can do; `config` for one that cannot sign or does not belong to its public part.
Result<KeyAbility> ability_of(const CryptoModule& module, const KeyObject& key, const KeyMaterial& material);

/// The first certificate about this key; none where there is none.
CertificateObject certificate_for(const CryptoModule& module, const KeyObject& key,
                                  const KeyContents& contents);

}  // namespace oauth_token
