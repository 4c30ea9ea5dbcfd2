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

RefreshAnswer send_refresh(const TokenClient& client, const RefreshTokenGrant& grant) {
  RefreshAnswer answer = TokenClientAccess::refresh(client, copy(grant));
  if (answer.token || !was_cut_off(answer.token.error())) return answer;
  answer = TokenClientAccess::refresh(client, copy(grant));
  if (!answer.token && answer.token.error().http_status == 0) {
    answer.token.error().sent = Sent::maybe;
    answer.token.error().retry_safe = false;
  }
  return answer;
}

}  // namespace oauth_token
