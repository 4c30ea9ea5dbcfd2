#include "session/send_refresh.hpp"

#include "session/policy.hpp"

#include <utility>

namespace oauth_token {
namespace {

RefreshTokenGrant copy(const RefreshTokenGrant& grant) {
  // All members: one more does not compile until it is copied.
  const auto& [refresh_token, scope, resource, extra] = grant;
  RefreshTokenGrant copied{.refresh_token = refresh_token.copy(), .scope = scope, .resource = resource};
  for (const Parameter& parameter : extra)
    copied.extra.push_back({.name = parameter.name, .value = parameter.value.copy()});
  return copied;
}

}  // namespace

RefreshAnswer send_refresh(const TokenClient& client, const RefreshTokenGrant& grant,
                           const Secret& assertion) {
  const Deadline deadline = TokenClientAccess::deadline(client);
  RefreshAnswer answer = TokenClientAccess::refresh(client, copy(grant), assertion, deadline);
  if (answer.token || !was_cut_off(answer.token.error())) return answer;
  answer = TokenClientAccess::refresh(client, copy(grant), assertion, deadline);
  if (answer.token) return answer;
  answer.was_cut = true;
  Error& error = answer.token.error();
  if (error.http_status == 0) error.sent = Sent::maybe;
  error.retry_safe = false;
  error.message +=
      " Before that, the connection was cut after the refresh token was sent: the server may have replaced "
      "it already.";
  if (error.error_class == ErrorClass::client_auth && !assertion.empty())
    error.hint = "The same client assertion was sent twice, which some servers refuse: run again.";
  return answer;
}

}  // namespace oauth_token
