#pragma once

#include <oauth_token/secret.hpp>

#include <algorithm>
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

/// Calls `found(name, value)`, both decoded, for each pair of a form.
template <class Found>
void each_form_pair(std::string_view form, Found found) {
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(form.size(), pair.size() + 1));
    const auto equals = std::min(pair.find('='), pair.size());
    SecretBuffer name;
    SecretBuffer value;
    if (!append_form_decoded(name, pair.substr(0, equals)) ||
        !append_form_decoded(value, pair.substr(std::min(equals + 1, pair.size()))))
      continue;
    found(name.expose(), value.expose());
  }
}

}  // namespace oauth_token::protocol
