#pragma once

#include "client/token_client_access.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/token_client.hpp>

#include <cstddef>
#include <stop_token>
#include <type_traits>
#include <vector>

namespace oauth_token {

/// Obtains the client assertions of `count` requests, then calls `work` with them, which takes a lock and
/// sends: nothing runs a command or reads a pipe while others wait. Waiting for the lock may outlast an
/// assertion. `work` then returns the error of TokenClientAccess::check_still_valid, which gives the lock up,
/// and is called again with fresh ones, three times in all.
template <class Work>
std::invoke_result_t<Work, const std::vector<Secret>&> with_assertions(const TokenClient& client,
                                                                       std::size_t count,
                                                                       const std::stop_token& stop,
                                                                       Work work) {
  for (int attempt = 1;; ++attempt) {
    std::vector<Secret> assertions;
    while (assertions.size() < count) {
      auto assertion = TokenClientAccess::assertion(client, stop);
      if (!assertion) return fail(std::move(assertion.error()));
      assertions.push_back(std::move(*assertion));
    }
    auto done = work(assertions);
    if (done || done.error().reason != TokenClientAccess::assertion_expired || attempt == 3) return done;
  }
}

}  // namespace oauth_token
