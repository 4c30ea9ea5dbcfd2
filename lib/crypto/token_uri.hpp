#pragma once

#include <string_view>

namespace oauth_token {

/// Whether a key's place is a PKCS#11 URI (RFC 7512).
bool is_token_uri(std::string_view location);

}  // namespace oauth_token
