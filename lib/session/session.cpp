#include "session/access.hpp"
#include "session/before_lock.hpp"
#include "session/held.hpp"
#include "session/journal.hpp"
#include "session/lock.hpp"
#include "session/record.hpp"
#include "session/secret_half.hpp"

#include <oauth_token/client_settings.hpp>
#include <oauth_token/session.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace oauth_token {
namespace {

tl::unexpected<Error> no_tokens(const std::string& name) {
  return fail(ErrorClass::reauthenticate, "The store has no tokens of session \"" + name + "\".",
              "Sign in again, or remove it with: oauth-token forget " + name);
}

std::string names_of(const SessionFolder& folder) {
  std::string names;
  if (const auto records = folder.list())
    for (const SessionRecord& record : *records) names += (names.empty() ? "" : ", ") + record.name;
  return names;
}

Result<void> revoke_both(const TokenClient& client, const Token& token, const std::vector<Secret>& assertions,
                         const std::stop_token& stop) {
  const Deadline deadline = TokenClientAccess::deadline(client);
  if (!token.refresh_token.empty()) {
    if (auto done = TokenClientAccess::revoke(client, token.refresh_token, "refresh_token",
                                              assertions.front(), deadline, stop);
        !done)
      return done;
  }
  if (token.access_token.empty()) return {};
  auto done = TokenClientAccess::revoke(client, token.access_token, "access_token", assertions.back(),
                                        deadline, stop);
  // Servers that cannot take a self-contained access token back say so (RFC 7009 s2.2.1).
  if (!done && done.error().code == "unsupported_token_type") return {};
  return done;
}

bool is_file_store(const std::string& store) { return store.starts_with("file"); }

// With other keys than those of this run.
Result<std::shared_ptr<TokenStore>> open_with(OpenSession& session, const SessionRecord& record,
                                              FileStoreOptions keys) {
  keys.allow_plaintext = session.options.file.allow_plaintext;
  FileStoreOptions of_run = std::exchange(session.options.file, std::move(keys));
  auto store = open_store(record, session.folder, session.options);
  session.options.file = std::move(of_run);
  return store;
}

// Where the tokens go, both file stores: a key file of this run is the new store's; the old one's stands in
// the record, unless it came as a text with each run.
Result<std::shared_ptr<TokenStore>> open_old(OpenSession& session) {
  const FileStoreOptions& run = session.options.file;
  if (!session.record.store_key_file.empty()) return open_with(session, session.record, {});
  if (!run.key.empty()) return open_with(session, session.record, {.key = run.key.copy()});
  return open_with(session, session.record, {.key_file = run.key_file});
}

Result<std::shared_ptr<TokenStore>> open_new(OpenSession& session, SessionRecord& moved) {
  const FileStoreOptions& run = session.options.file;
  if (!is_file_store(moved.store)) {
    moved.store_key_file.clear();
    return open_with(session, moved, {});
  }
  if (!run.key_file.empty()) {
    moved.store_key_file = run.key_file;
    return open_with(session, moved, {.key_file = run.key_file});
  }
  if (run.key.empty()) return open_with(session, moved, {});
  moved.store_key_file.clear();
  return open_with(session, moved, {.key = run.key.copy()});
}

// Whatever the two are called: what is erased in the one must not be what was saved in the other.
bool is_same_place(const SessionFolder& folder, const std::string& one, const std::string& other) {
  if (one == other) return true;
  std::error_code unknown;
  return is_file_store(one) && is_file_store(other) &&
         std::filesystem::equivalent(file_store_folder(folder, one), file_store_folder(folder, other),
                                     unknown);
}

// Everything that is kept of the session; the record last, so that a crash leaves something to forget.
Result<void> erase(const OpenSession& session, TokenStore& store, Journal& journal, std::stop_token stop) {
  if (auto erased = journal.erase(); !erased) return erased;
  if (auto erased = store.erase(session.record.id, std::move(stop)); !erased) return erased;
  return session.folder.remove(session.record.name);
}

}  // namespace

Session::Session(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Result<Session> Session::open(std::string_view name, SessionOptions options) {
  auto folder = SessionFolder::open(options.state_folder);
  if (!folder) return fail(std::move(folder.error()));
  auto record = folder->load(name);
  if (!record) return fail(std::move(record.error()));
  if (!*record) {
    const std::string names = names_of(*folder);
    return fail(Error{.error_class = ErrorClass::reauthenticate,
                      .message = "There is no session \"" + std::string(name) + "\".",
                      .hint = (names.empty() ? "There are none yet. " : "There are: " + names + ". ") +
                              "Sign in with: oauth-token password --session " + std::string(name),
                      .reason = "absent"});
  }
  return Session(
      std::make_unique<State>(State{{std::move(*folder), std::move(**record), std::move(options)}}));
}

const SessionRecord& Session::record() const noexcept { return state_->record; }

Result<void> Session::revoke(std::stop_token stop) {
  ClientSettings settings = state_->record.client;
  const auto client = make_client(settings, copy(state_->options.client), stop);
  if (!client) return fail(client.error());
  return with_assertions(*client, 2, stop, [&](const std::vector<Secret>& assertions) -> Result<void> {
    auto held = hold(*state_, stop);
    if (!held) return fail(std::move(held.error()));
    if (!held->half) return no_tokens(state_->record.name);
    for (const Secret& assertion : assertions)
      if (auto valid = TokenClientAccess::check_still_valid(*client, assertion); !valid) return valid;
    if (auto done = revoke_both(*client, held->half->token, assertions, stop); !done) return done;
    return erase(*state_, *state_->store, held->journal, {});
  });
}

Result<void> Session::forget(std::stop_token stop) {
  auto store = store_of(*state_);
  if (!store) return fail(std::move(store.error()));
  const Folder& root = SessionAccess::root(state_->folder);
  const auto lock =
      lock_session(root, state_->record.id, state_->record.name, lock_deadline(state_->options), stop);
  if (!lock) return fail(lock.error());
  const auto record = reload(*state_);
  if (!record) return fail(record.error());
  store = store_of(*state_, *record);
  if (!store) return fail(std::move(store.error()));
  auto journal = Journal::open(root, state_->record.id);
  if (!journal) return fail(std::move(journal.error()));
  return erase(*state_, **store, *journal, stop);
}

Result<void> Session::move(const std::string& store, std::stop_token stop) {
  const std::string& name = state_->record.name;
  if (state_->options.store || store == "own" || !is_store_name(store))
    return fail(ErrorClass::usage,
                "The tokens of session \"" + name + "\" cannot be moved to \"" + store + "\".",
                "Use keyring, file or file:FOLDER (an absolute path).");
  if (is_file_store(store) && is_file_store(state_->record.store)) {
    auto old = open_old(*state_);
    if (!old) return fail(std::move(old.error()));
    state_->store = std::move(*old);
    state_->store_name = state_->record.store;
  }
  auto held = hold(*state_, stop);
  if (!held) return fail(std::move(held.error()));
  if (!held->half) return no_tokens(name);
  SessionRecord moved = held->record;
  moved.store = store;
  auto target = open_new(*state_, moved);
  if (!target) return fail(std::move(target.error()));
  if (is_same_place(state_->folder, held->record.store, store))
    return fail(ErrorClass::usage, "The tokens of session \"" + name + "\" are in that store already.");
  if (auto saved = save_half(**target, moved, *held->half, stop); !saved) return saved;
  if (auto saved = state_->folder.save(moved); !saved) {
    // A save can have taken effect and fail behind that: what the record names must stay.
    const auto now = state_->folder.load(name);
    if (now && *now && (*now)->store == held->record.store) [[maybe_unused]]
      const auto erased = (*target)->erase(moved.id, {});
    else
      saved.error().hint += " The tokens are now in both stores; move them again once that is mended.";
    return saved;
  }
  const auto source = std::exchange(state_->store, std::move(*target));
  state_->store_name = store;
  state_->record = std::move(moved);
  auto erased = source->erase(state_->record.id, {});
  if (!erased)
    erased.error().message =
        "The tokens were moved, but could not be erased where they were: " + erased.error().message;
  return erased;
}

Result<Secret> Session::introspect(std::stop_token stop) {
  auto store = store_of(*state_);
  if (!store) return fail(std::move(store.error()));
  auto record = reload(*state_);
  if (!record) return fail(std::move(record.error()));
  const auto half = load_half(**store, *record, stop);
  if (!half) return fail(half.error());
  if (!*half || (*half)->token.access_token.empty()) return no_tokens(record->name);
  const auto client = make_client(record->client, copy(state_->options.client), stop);
  if (!client) return fail(client.error());
  return client->introspect((*half)->token.access_token, "access_token", stop);
}

}  // namespace oauth_token
