#pragma once

#include <oauth_token/grant.hpp>

namespace oauth_token::protocol {

// The parameters that only grants of one type have, in the order in which they go out: `take(name, value)`
// for each. What has the type Secret is masked wherever it comes back. A new grant, and a new member of an
// old one, does not compile until it is here.

template <class Take>
void each_own_member(const PasswordGrant& grant, const Take& take) {
  const auto& [username, password, scope, resource, extra] = grant;
  take("username", username);
  take("password", password);
}

template <class Take>
void each_own_member(const RefreshTokenGrant& grant, const Take& take) {
  const auto& [refresh_token, scope, resource, extra] = grant;
  take("refresh_token", refresh_token);
}

template <class Take>
void each_own_member(const ClientCredentialsGrant& grant, const Take& /*take*/) {
  [[maybe_unused]] const auto& [scope, resource, extra] = grant;
}

template <class Take>
void each_own_member(const JwtBearerGrant& grant, const Take& take) {
  const auto& [assertion, scope, resource, extra] = grant;
  take("assertion", assertion);
}

template <class Take>
void each_own_member(const TokenExchangeGrant& grant, const Take& take) {
  const auto& [subject_token, subject_token_type, actor_token, actor_token_type, requested_token_type,
               audience, scope, resource, extra] = grant;
  take("subject_token", subject_token);
  take("subject_token_type", subject_token_type);
  take("actor_token", actor_token);
  take("actor_token_type", actor_token_type);
  take("requested_token_type", requested_token_type);
  take("audience", audience);
}

template <class Take>
void each_own_member(const ExtensionGrant& grant, const Take& /*take*/) {
  [[maybe_unused]] const auto& [grant_type, scope, resource, extra] = grant;
}

}  // namespace oauth_token::protocol
