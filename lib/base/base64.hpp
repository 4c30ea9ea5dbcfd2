#pragma once

#include <oauth_token/secret.hpp>

#include <string>
#include <string_view>

namespace oauth_token {

/// RFC 4648: `standard` with padding (s4), `url` without (s5).
enum class Base64 { standard, url };

void append_base64(SecretBuffer& out, std::string_view bytes, Base64 alphabet = Base64::standard);

/// For what is no secret: digests, signatures.
std::string base64url(std::string_view bytes);

/// Appends the bytes that `text` stands for. False when it is no base64 of that alphabet; padding may be
/// missing in either.
bool append_base64_decoded(SecretBuffer& out, std::string_view text, Base64 alphabet = Base64::standard);

}  // namespace oauth_token
