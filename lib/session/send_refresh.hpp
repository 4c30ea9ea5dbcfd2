#pragma once

#include "client/token_client_access.hpp"

#include <oauth_token/grant.hpp>
#include <oauth_token/token_client.hpp>

namespace oauth_token {

/// Sends the refresh token once, and once more at once where the connection was cut; both within the client's
/// timeout. The error of the repetition tells of both, whatever the answer to it (RefreshAnswer::was_cut):
/// the first one may have spent the refresh token, so nothing more is sent by this run, not even where the
/// server names a time for it. The repetition carries the same client assertion, since making another one
/// would run a command under the session's lock; a server that takes each one only once then refuses the
/// client, and the next run sends the refresh token with a fresh one.
RefreshAnswer send_refresh(const TokenClient& client, const RefreshTokenGrant& grant,
                           const Secret& assertion);

}  // namespace oauth_token
