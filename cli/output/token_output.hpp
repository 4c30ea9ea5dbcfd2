#pragma once

#include "context.hpp"
#include "options/settings.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/json.hpp>
#include <oauth_token/token.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace oauth_token::cli {

/// Prints the token in the form that was asked for; its warnings go to standard error. `session` is empty
/// where nothing was stored. Errors: `output`, and `protocol` for a form that the token does not fit; the
/// hint says what became of the token.
Result<void> print_token(const Context& context, const Settings& settings, const Token& token,
                         std::string_view session);

/// `usage` where --show-refresh-token would do nothing, since the answer is not JSON.
Result<void> check_refresh_token_is_shown(const Settings& settings);

/// The token as members of an object, but for session, warnings and what the server said besides: see
/// append_token_rest.
void append_token_members(json::Writer& object, const Token& token, bool with_refresh_token);
/// `warnings` and `extra`, which come last.
void append_token_rest(json::Writer& object, const Token& token);

/// "Authorization: Bearer ..." and a newline; `protocol` for a token that is no Bearer token, or that a
/// header cannot carry.
Result<void> append_header(SecretBuffer& out, const Token& token);

/// The same for another scheme, whatever the token's type.
Result<void> append_authorization(SecretBuffer& out, std::string_view scheme, const Token& token);

/// After a request that may have left a token which could be kept nowhere: it is printed all the same, and
/// `error` remains the outcome.
Result<int> print_unkept_token(const Context& context, const Settings& settings, std::optional<Token> token,
                               Error error);

/// "2026-11-22T01:23:45Z" (RFC 3339).
std::string time_text(std::chrono::sys_seconds time);

}  // namespace oauth_token::cli
