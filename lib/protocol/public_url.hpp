#pragma once

#include <string>
#include <string_view>

namespace oauth_token::protocol {

/// A URL up to and with the first of "?", "#" and ";", since what is behind may be secret; empty where it has
/// user information.
std::string_view public_part(std::string_view url) noexcept;

/// The same for a sentence: fit for a terminal, and "..." for what is left out.
std::string url_in_sentence(std::string_view url);

}  // namespace oauth_token::protocol
