#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/grant.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/token.hpp>
#include <oauth_token/token_client.hpp>

namespace oauth_token {

/// What came of a refresh.
struct RefreshAnswer {
  Result<Token> token;
  /// Beside an error: the refresh token of an answer that is no valid one. The old one may be spent.
  Secret issued = {};
};

/// What the renewals see of a client.
class TokenClientAccess {
 public:
  static RefreshAnswer refresh(const TokenClient& client, RefreshTokenGrant grant);
};

}  // namespace oauth_token
