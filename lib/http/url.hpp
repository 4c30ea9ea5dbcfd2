#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <string_view>

namespace oauth_token::http {

/// See oauth_token::parse_url.
Result<Url> parse_url(std::string_view text);

}  // namespace oauth_token::http
