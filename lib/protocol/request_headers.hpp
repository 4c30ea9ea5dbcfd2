#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <string_view>
#include <vector>

namespace oauth_token::protocol {

/// Accept, Content-Type and User-Agent, then the caller's own, which may replace these three. `usage` for
/// headers that belong to the authentication or the transport, for names that are none, and for control
/// characters.
Result<std::vector<HttpHeader>> request_headers(const std::vector<HttpHeader>& own);

/// The media type without parameters, in lower case; the first of what a gateway joined.
std::string media_type(std::string_view content_type);

}  // namespace oauth_token::protocol
