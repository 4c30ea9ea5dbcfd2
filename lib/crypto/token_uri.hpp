#pragma once

#include <oauth_token/error.hpp>

#include <string>
#include <string_view>

namespace oauth_token {

/// Whether a key's place is a PKCS#11 URI (RFC 7512).
bool is_token_uri(std::string_view location);

/// `config` for attributes that load code or carry a PIN.
Result<void> check_token_uri(std::string_view uri, const std::string& source);

}  // namespace oauth_token
