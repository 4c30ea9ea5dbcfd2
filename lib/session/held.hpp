#pragma once

#include "session/access.hpp"
#include "session/journal.hpp"
#include "session/lock.hpp"
#include "session/secret_half.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/session.hpp>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace oauth_token {

/// How long to wait for a lock: as long as its holder may take.
Deadline lock_deadline(const SessionOptions& options);

/// The record as it is in the folder now. `reauthenticate` when it is gone or another one's.
Result<SessionRecord> reload(const OpenSession& session);

/// The session's store, opened on first use and when the session was moved to another.
Result<std::shared_ptr<TokenStore>> store_of(OpenSession& session);
/// The same under the lock: where the tokens are now, by the record that was just read.
Result<std::shared_ptr<TokenStore>> store_of(OpenSession& session, const SessionRecord& reloaded);

/// A session under its lock, both halves read anew and the journal recovered.
struct HeldSession {
  Lock lock;
  SessionRecord record;
  Journal journal;
  std::optional<SecretHalf> half = {};
  /// As the store had it before recovery; 0: nothing.
  std::uint64_t stored_generation = 0;
  bool journal_unreadable = false;
  std::vector<std::string> warnings = {};
};

/// Blocks for the lock, then for the store.
Result<HeldSession> hold(OpenSession& session, std::stop_token stop);

/// The error of an operation that needs the tokens of a session whose store has none.
tl::unexpected<Error> no_tokens(const std::string& name);

}  // namespace oauth_token
