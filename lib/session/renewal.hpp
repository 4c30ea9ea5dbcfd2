#pragma once

#include "session/open_session.hpp"
#include "session/secret_half.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token_client.hpp>
#include <oauth_token/token_source.hpp>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace oauth_token {

/// What a renewal came to. The half may be there beside an error: then its token may still live.
struct Renewed {
  std::shared_ptr<const SecretHalf> half = {};
  std::optional<Error> error = {};
  std::vector<std::string> warnings = {};
  bool is_new = false;  ///< the token is newer than what was there when this began
  std::optional<Token> unkept = {};
};

/// The client of a session, made when a renewal needs it and kept for the next one.
struct KeptClient {
  std::optional<TokenClient> client = {};
  std::chrono::sys_seconds signed_in_at = {};  ///< of the record it was made from
};

/// A token of `session`, stored or renewed, with all that keeps a rotating refresh token from being lost or
/// used twice. For one thread at a time. Blocks; a stop is heard until the refresh token is about to be sent,
/// then no more.
Renewed renew(OpenSession& session, KeptClient& kept, const TokenSourceOptions& options,
              std::stop_token stop);

}  // namespace oauth_token
