#pragma once

#include "context.hpp"
#include "options/settings.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/grant.hpp>
#include <oauth_token/interactive_sign_in.hpp>
#include <oauth_token/session.hpp>

#include <functional>
#include <string>

namespace oauth_token::cli {

/// A request for a token. Secrets are read or asked for when it is sent, and no sooner.
struct TokenRequest {
  std::string grant_type = {};
  std::string username = {};   ///< empty: the grant has none
  bool with_password = false;  ///< of that user
  bool may_ask_again = false;  ///< the password is asked for: three times in all
  /// Empty: password_grant.
  std::function<Grant(const SessionRecord& wanted, SignInAnswer answer)> make_grant = {};
};

/// Requests one token, stores nothing and prints it.
Result<int> request_and_print(Context& context, const Settings& settings, const TokenRequest& request);

/// Requests a token, keeps it as a session and prints it. Whatever can fail without a secret fails before one
/// is asked for.
Result<int> sign_in_and_print(Context& context, const Settings& settings, const TokenRequest& request);

}  // namespace oauth_token::cli
