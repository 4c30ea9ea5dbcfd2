#pragma once

#include "protocol/answer.hpp"

#include <oauth_token/error.hpp>

#include <string_view>

namespace oauth_token::protocol {

/// Whether `error` is a code of RFC 6749 s5.2: of the characters allowed there, and not just the status' own
/// reason phrase, which frameworks write in that place.
bool is_error_code(std::string_view error, int status);

/// What the code means for that request. A code that nobody knows is judged by the status.
ErrorClass class_of_code(std::string_view code, int status, RequestKind kind);

/// What an answer without a code means.
ErrorClass class_of_status(int status);

}  // namespace oauth_token::protocol
