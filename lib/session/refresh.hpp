#pragma once

#include "session/locked_session.hpp"
#include "session/open_session.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token.hpp>
#include <oauth_token/token_client.hpp>

#include <optional>
#include <stop_token>
#include <string>

namespace oauth_token {

/// The refresh token of a recovered session, about to be sent.
struct Refresh {
  OpenSession& session;
  RecoveredSession& recovered;
  const TokenClient& client;
  const Secret& assertion;           ///< of the client, for this one request; see with_assertions
  bool is_new = false;               ///< recovered.half is a new one now
  std::optional<Token> unkept = {};  ///< issued, but it could be kept nowhere
};

/// Writes down what is about to happen, sends the refresh token once (twice where the connection was cut),
/// and keeps the answer: journal, store, record, in this order. What went wrong is left in the record for
/// whoever comes next. A stop is heard until the sending begins. Nothing is sent with an assertion that has
/// expired.
Result<void> refresh(Refresh& refresh, std::stop_token stop);

/// `reauthenticate`, with the command that signs in.
tl::unexpected<Error> sign_in_again(const SessionRecord& record, std::string message, std::string reason);

}  // namespace oauth_token
