#include "session/held.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace oauth_token {
namespace {

using namespace std::chrono_literals;

// Step 4: what the journal has beyond the store is put back, and the public half catches up. Its two answers
// can be one behind the other: each is sealed under the refresh token that the one before it brought.
Result<void> recover(HeldSession& held, const SessionFolder& folder, TokenStore& store,
                     std::stop_token stop) {
  SecretHalf& half = *held.half;
  std::optional<Journal::Kept> newest;
  for (;;) {
    auto kept = held.journal.beyond(half.generation, half.token.refresh_token);
    if (!kept) return fail(std::move(kept.error()));
    held.journal_unreadable = kept->unreadable;
    if (!kept->answer) break;
    auto newer = secret_half_from_json(std::move(*kept->answer), held.record);
    if (!newer) return fail(std::move(newer.error()));
    if (newer->generation <= half.generation) break;
    half = std::move(*newer);
    newest = std::move(*kept);
  }
  if (newest) {
    if (auto saved = save_half(store, held.record, half, stop); !saved)
      held.warnings.push_back("The tokens of session \"" + held.record.name +
                              "\" are still kept in the journal, " + newest->place +
                              ", since the store does not take them: " + saved.error().message);
    else if (newest->unstored)
      held.journal.finish();
  }
  if (held.record.generation < half.generation) {
    held.record.generation = half.generation;
    held.record.renewed_at = half.obtained_at;
    held.record.access_token_expires_at = half.token.expires_at;
    held.record.failure.reset();
    if (auto saved = folder.save(held.record); !saved) held.warnings.push_back(saved.error().message);
  }
  return {};
}

}  // namespace

Deadline lock_deadline(const SessionOptions& options) {
  return deadline_after(options.refresh_timeout, options.keyring.timeout, 5s);
}

Result<SessionRecord> reload(const OpenSession& session) {
  auto record = session.folder.load(session.record.name);
  if (!record) return fail(std::move(record.error()));
  if (!*record)
    return fail(ErrorClass::reauthenticate,
                "Session \"" + session.record.name + "\" was removed in the meantime.", "Sign in again.");
  if ((*record)->id != session.record.id)
    return fail(ErrorClass::reauthenticate,
                "Session \"" + session.record.name + "\" was replaced by another one in the meantime.",
                "Open the session again.");
  return std::move(**record);
}

tl::unexpected<Error> no_tokens(const std::string& name) {
  return fail(ErrorClass::reauthenticate, "The store has no tokens of session \"" + name + "\".",
              "Sign in again, or remove it with: oauth-token forget " + name);
}

Result<std::shared_ptr<TokenStore>> store_of(OpenSession& session) {
  if (!session.store || session.store_name != session.record.store) {
    auto store = open_store(session.record, session.folder, session.options, session.options.file);
    if (!store) return fail(std::move(store.error()));
    session.store = std::move(*store);
    session.store_name = session.record.store;
  }
  return session.store;
}

Result<std::shared_ptr<TokenStore>> store_of(OpenSession& session, const SessionRecord& reloaded) {
  session.record.store = reloaded.store;
  session.record.store_key_file = reloaded.store_key_file;
  return store_of(session);
}

Result<HeldSession> hold(OpenSession& session, std::stop_token stop) {
  auto store = store_of(session);
  if (!store) return fail(std::move(store.error()));
  const Folder& root = SessionAccess::root(session.folder);
  auto lock =
      lock_session(root, session.record.id, session.record.name, lock_deadline(session.options), stop);
  if (!lock) return fail(std::move(lock.error()));
  auto record = reload(session);
  if (!record) {
    lock->remove_file();
    return fail(std::move(record.error()));
  }
  store = store_of(session, *record);
  if (!store) return fail(std::move(store.error()));
  auto journal = Journal::open(root, record->id);
  if (!journal) return fail(std::move(journal.error()));
  auto half = load_half(**store, *record, stop);
  if (!half) return fail(std::move(half.error()));
  HeldSession held{.lock = std::move(*lock),
                   .record = std::move(*record),
                   .journal = std::move(*journal),
                   .half = std::move(*half)};
  if (held.half) {
    held.stored_generation = held.half->generation;
    if (auto done = recover(held, session.folder, **store, stop); !done) return fail(std::move(done.error()));
  }
  return held;
}

}  // namespace oauth_token
