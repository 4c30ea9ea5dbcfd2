#pragma once

#include "crypto/module.hpp"

namespace oauth_token {

// See CryptoModule.
Result<KeyObject> key_from_der(std::string_view der, const std::string& source);
Result<KeyObject> key_from_numbers(const KeyNumbers& numbers, const std::string& source);
Result<KeyObject> generate_key(KeyKind kind);
Result<KeyKind> kind_of(const KeyObject& key, const std::string& source);
Result<KeyNumbers> numbers_of(const KeyObject& key, KeyKind kind, bool with_private);

}  // namespace oauth_token
