#pragma once

#include "crypto/module.hpp"

namespace oauth_token {

// See CryptoModule.
Result<Secret> hkdf_sha256(std::string_view key, std::string_view salt, std::string_view info,
                           std::size_t length);
Result<Secret> scrypt(std::string_view passphrase, std::string_view salt, const ScryptCost& cost,
                      std::size_t length);
Result<std::string> seal(std::string_view key, std::string_view nonce, std::string_view associated_data,
                         std::string_view clear_text);
Result<std::optional<Secret>> open(std::string_view key, std::string_view nonce,
                                   std::string_view associated_data, std::string_view sealed);

}  // namespace oauth_token
