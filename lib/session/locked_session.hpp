#pragma once

#include "session/journal.hpp"
#include "session/lock.hpp"
#include "session/open_session.hpp"
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

/// Reads the record anew: `reauthenticate` when it is gone or another session's.
Result<void> reload(OpenSession& session);

/// The same, then opens the store that the record names, on first use and when the session was moved there.
Result<std::shared_ptr<TokenStore>> current_store(OpenSession& session);

/// A session under its lock, with the record read anew.
struct LockedSession {
  Lock lock;
  std::shared_ptr<TokenStore> store;
  Journal journal;
};

/// Blocks for the lock; the store is open before.
Result<LockedSession> lock_current(OpenSession& session, const std::stop_token& stop);

/// A session under its lock, both halves read anew and the journal recovered.
struct RecoveredSession {
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
Result<RecoveredSession> lock_and_recover(OpenSession& session, std::stop_token stop);

/// The error of an operation that needs the tokens of a session whose store has none.
tl::unexpected<Error> no_tokens(const std::string& name);

}  // namespace oauth_token
