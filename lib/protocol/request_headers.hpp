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

/// Bytes below 0x20, and 0x7f.
bool has_control_character(std::string_view text);

/// RFC 9110 s5.6.2: the name of a header, or a method.
bool is_token(std::string_view name);

/// Compares names of headers, media types and the like.
bool equal_ignoring_case(std::string_view left, std::string_view right);

/// The media type without parameters, in lower case.
std::string media_type(std::string_view content_type);

}  // namespace oauth_token::protocol
