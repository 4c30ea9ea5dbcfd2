#pragma once

#include "context.hpp"
#include "options/settings.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token.hpp>
#include <oauth_token/token_source.hpp>

#include <memory>

namespace oauth_token::cli {

/// The settings' session as a source of tokens.
struct SessionTokens {
  TokenSource source;
  TokenSourceOptions wanted = {};                    ///< as --min-valid, --force and --wait say
  std::unique_ptr<const SessionRecord> record = {};  ///< as it was opened
};
Result<SessionTokens> open_session_tokens(Context& context, const Settings& settings);

/// The token, or an error that names the command with which to sign in again. Blocks.
Result<Token> ask_for_token(const Context& context, const Settings& settings, SessionTokens& tokens);

/// For --dry-run: the renewal as it would be sent, a stand-in for the stored refresh token.
Result<int> show_renewal(Context& context, const Settings& settings);

/// What `token` and `refresh` do: the session's token, renewed where it is old or `renew_now` says so; or a
/// token by the refresh token that the caller keeps.
Result<int> renew_and_print(Context& context, const Settings& settings, bool renew_now);

}  // namespace oauth_token::cli
