#pragma once

#include <oauth_token/secret.hpp>

#include <string>
#include <string_view>

namespace oauth_token::protocol {

/// Appends `text` form-encoded: letters, digits and -._~ stay, every other byte becomes %XX in upper case, a
/// space %20. This is what every decoder in use reads alike (a "+" stays a "+" for some of them).
void append_form_encoded(SecretBuffer& out, std::string_view text);

/// Appends `name=value`, both encoded, with a "&" in front where it is not the first pair.
void append_form_pair(SecretBuffer& out, std::string_view name, std::string_view value);

/// Appends `text` decoded, "+" as a space. False for a "%" without two hexadecimal digits.
bool append_form_decoded(SecretBuffer& out, std::string_view text);

/// For text without secrets.
std::string form_encoded(std::string_view text);

}  // namespace oauth_token::protocol
