#pragma once

#include "context.hpp"
#include "settings.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/grant.hpp>
#include <oauth_token/session.hpp>

#include <functional>
#include <string>

namespace oauth_token::cli {

/// Makes the grant for one request: secrets are read or asked for now.
using GrantMaker = std::function<Result<Grant>()>;

/// Requests one token, stores nothing and prints it.
Result<int> request_and_print(Context& context, const Settings& settings, const GrantMaker& make_grant);

/// What sign_in needs beside the settings.
struct SignInRequest {
  std::string grant_type = {};
  std::string username = {};   ///< empty: the grant has none
  bool may_ask_again = false;  ///< the password is asked for: three times in all
  GrantMaker make_grant = {};
};

/// Requests a token, keeps it as a session and prints it. Whatever can fail without a secret fails before
/// `make_grant` is called.
Result<int> sign_in_and_print(Context& context, const Settings& settings, const SignInRequest& request);

}  // namespace oauth_token::cli
