#include "session/sending.hpp"

#include "session/policy.hpp"

#include <utility>

namespace oauth_token {
namespace {

RefreshTokenGrant copy(const RefreshTokenGrant& grant) {
  RefreshTokenGrant copied{
      .refresh_token = grant.refresh_token.copy(), .scope = grant.scope, .resource = grant.resource};
  for (const Parameter& parameter : grant.extra)
    copied.extra.push_back({.name = parameter.name, .value = parameter.value.copy()});
  return copied;
}

}  // namespace

Result<Token> send_refresh(const TokenClient& client, const RefreshTokenGrant& grant) {
  auto token = client.request(copy(grant));
  if (token || !was_cut_off(token.error())) return token;
  token = client.request(copy(grant));
  if (!token && token.error().http_status == 0) {
    token.error().sent = Sent::maybe;
    token.error().retry_safe = false;
  }
  return token;
}

}  // namespace oauth_token
