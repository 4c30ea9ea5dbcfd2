#pragma once

#include "batch/user_list.hpp"
#include "context.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/grant.hpp>
#include <oauth_token/token_client.hpp>

#include <chrono>
#include <cstddef>
#include <functional>

namespace oauth_token::cli {

struct BatchOptions {
  std::size_t jobs = 16;                           ///< requests under way at the same time
  std::chrono::steady_clock::duration pause = {};  ///< between the starts of two requests
  bool show_refresh_token = false;
  std::function<PasswordGrant(std::string username, Secret password)> make_grant = {};
};

/// What became of the users of a list.
struct BatchOutcome {
  std::size_t tokens = 0;
  std::size_t failures = 0;
  int status = 0;  ///< 0, else that of the failure that is highest in the table of exit statuses
};

/// Requests a token for each user, each password once, and writes one JSON object a line to standard output
/// as each request ends. Holds no more than `jobs` passwords. A server that says when it wants to be asked
/// again is given that time before the next request begins. After a stop request nothing new is sent; what
/// was sent comes to its end, and the users that can be read without waiting are reported as not sent: all of
/// a file, of anything else 10 000 at most. Errors: `usage` for a list that cannot be read, `output`, also
/// when nobody takes what is written for 5 s after a stop request; what was sent has come to its end then,
/// too. For one thread.
Result<BatchOutcome> run_batch(const Context& context, const TokenClient& client, UserList users,
                               const BatchOptions& options);

}  // namespace oauth_token::cli
