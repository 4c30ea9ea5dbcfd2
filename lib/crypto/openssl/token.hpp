#pragma once

#include "crypto/module.hpp"

namespace oauth_token {

// See CryptoModule.
Result<KeyObject> read_token(const std::string& uri, const AskPassphrase& ask, const std::string& source);

}  // namespace oauth_token
