#pragma once

#include "client/token_client_access.hpp"

#include <oauth_token/grant.hpp>
#include <oauth_token/token_client.hpp>

namespace oauth_token {

/// Sends the refresh token once, and once more at once where the connection was cut. The error of a
/// repetition without an answer tells of both: the first one may have spent the refresh token.
RefreshAnswer send_refresh(const TokenClient& client, const RefreshTokenGrant& grant);

}  // namespace oauth_token
