#include "session/locked_session.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace oauth_token {
namespace {

using namespace std::chrono_literals;

// Step 4: what the journal has beyond the store is put back, and the public half catches up. Its two answers
// can be one behind the other: each is sealed under the refresh token that the one before it brought.
Result<void> recover(RecoveredSession& recovered, const SessionFolder& folder, TokenStore& store,
                     std::stop_token stop) {
  SecretHalf& half = *recovered.half;
  std::optional<Journal::Kept> newest;
  for (;;) {
    auto kept = recovered.journal.beyond(half.generation, half.token.refresh_token);
    if (!kept) return fail(std::move(kept.error()));
    recovered.journal_unreadable = kept->unreadable;
    if (!kept->answer) break;
    auto newer = secret_half_from_json(std::move(*kept->answer), recovered.record);
    if (!newer) return fail(std::move(newer.error()));
    if (newer->generation <= half.generation) break;
    half = std::move(*newer);
    newest = std::move(*kept);
  }
  if (newest) {
    if (auto saved = save_half(store, recovered.record, half, stop); !saved)
      recovered.warnings.push_back("The tokens of session \"" + recovered.record.name +
                                   "\" are still kept in the journal, " + newest->place +
                                   ", since the store does not take them: " + saved.error().message);
    else if (newest->unstored)
      recovered.journal.finish();
  }
  if (recovered.record.generation < half.generation) {
    recovered.record.generation = half.generation;
    recovered.record.renewed_at = half.obtained_at;
    recovered.record.access_token_expires_at = half.token.expires_at;
    recovered.record.failure.reset();
    if (auto saved = folder.save(recovered.record); !saved)
      recovered.warnings.push_back(saved.error().message);
  }
  return {};
}

}  // namespace

Deadline lock_deadline(const SessionOptions& options) {
  return deadline_after(options.refresh_timeout, options.keyring.timeout, 5s);
}

tl::unexpected<Error> no_tokens(const std::string& name) {
  return fail(ErrorClass::reauthenticate, "The store has no tokens of session \"" + name + "\".",
              "Sign in again, or remove it with: oauth-token forget " + name);
}

Result<void> reload(OpenSession& session) {
  const std::string& name = session.record.name;
  auto record = session.folder.load(name);
  if (!record) return fail(std::move(record.error()));
  if (!*record)
    return fail(ErrorClass::reauthenticate, "Session \"" + name + "\" was removed in the meantime.",
                "Sign in again.");
  if ((*record)->id != session.record.id)
    return fail(ErrorClass::reauthenticate,
                "Session \"" + name + "\" was replaced by another one in the meantime.",
                "Open the session again.");
  session.record = std::move(**record);
  return {};
}

Result<std::shared_ptr<TokenStore>> current_store(OpenSession& session) {
  if (auto done = reload(session); !done) return fail(std::move(done.error()));
  if (!session.store || session.store_name != session.record.store) {
    auto store = open_store(session.record, session.folder, session.options, session.options.file);
    if (!store) return fail(std::move(store.error()));
    session.store = std::move(*store);
    session.store_name = session.record.store;
  }
  return session.store;
}

Result<LockedSession> lock_current(OpenSession& session, const std::stop_token& stop) {
  // Others wait for the lock, so the store is opened before it.
  if (auto store = current_store(session); !store) return fail(std::move(store.error()));
  const Folder& root = SessionAccess::root(session.folder);
  const SessionRecord& record = session.record;
  auto lock = lock_session(root, record.id, record.name, lock_deadline(session.options), stop);
  if (!lock) return fail(std::move(lock.error()));
  auto store = current_store(session);
  if (!store) {
    if (store.error().error_class == ErrorClass::reauthenticate) lock->remove_file();
    return fail(std::move(store.error()));
  }
  auto journal = Journal::open(root, record.id);
  if (!journal) return fail(std::move(journal.error()));
  return LockedSession{std::move(*lock), std::move(*store), std::move(*journal)};
}

Result<RecoveredSession> lock_and_recover(OpenSession& session, std::stop_token stop) {
  auto locked = lock_current(session, stop);
  if (!locked) return fail(std::move(locked.error()));
  TokenStore& store = *locked->store;
  auto half = load_half(store, session.record, stop);
  if (!half) return fail(std::move(half.error()));
  RecoveredSession recovered{.lock = std::move(locked->lock),
                             .record = session.record,
                             .journal = std::move(locked->journal),
                             .half = std::move(*half)};
  if (recovered.half) {
    recovered.stored_generation = recovered.half->generation;
    if (auto done = recover(recovered, session.folder, store, stop); !done)
      return fail(std::move(done.error()));
  }
  return recovered;
}

}  // namespace oauth_token
