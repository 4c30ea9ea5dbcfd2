#include "base/clock.hpp"
#include "base/random.hpp"
#include "session/before_lock.hpp"
#include "session/bound_key.hpp"
#include "session/journal.hpp"
#include "session/lock.hpp"
#include "session/locked_session.hpp"
#include "session/open_session.hpp"
#include "session/record.hpp"
#include "session/secret_half.hpp"
#include "session/token_cache.hpp"

#include <oauth_token/client_settings.hpp>
#include <oauth_token/session.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace oauth_token {

struct SignIn::State {
  SessionFolder folder;
  SessionRecord record;
  bool replace = false;
  SessionOptions options = {};
  std::shared_ptr<TokenStore> store = {};  // nullptr: nothing is kept
  std::optional<TokenClient> client = {};
  SigningKey made_key = {};  // for DPoP, unless there is one already
  std::optional<Token> unkept = {};

  struct Place {
    std::optional<SessionRecord> old;  // the session that goes on or is replaced
    Lock lock;                         // its own, or that of the one that begins
  };

  Result<Token> request(Grant& grant, const Secret& assertion, const std::stop_token& stop);
  Result<Place> take_place(const Folder& root, const std::string& unfinished, Deadline deadline,
                           const std::stop_token& stop);
  [[nodiscard]] Result<std::optional<SignInKey>> open_key(const Folder& root) const;
  Result<Token> send_with_key(Grant& grant, const Secret& assertion, SignInKey& key,
                              const std::optional<SessionRecord>& old, const std::stop_token& stop);
  Result<Token> keep(Token token, Secret dpop_key, const std::optional<SessionRecord>& old, Journal& journal);
};

namespace {

// The session that is in the way or to be replaced. With `replace`, a damaged record counts as none.
Result<std::optional<SessionRecord>> existing(const SessionFolder& folder, const SessionRecord& wanted,
                                              bool replace) {
  auto found = folder.load(wanted.name);
  if (!found && replace && found.error().reason == "damaged") return std::nullopt;
  if (!found || !*found || replace) return found;
  const auto other = difference(**found, wanted);
  if (!other) return found;
  return fail(ErrorClass::usage, "Session \"" + wanted.name + "\" exists already, with the " + *other + ".",
              "Choose another name with --session, or give that one up with --replace.");
}

// The same session goes on under its id; anything else is a new one, if need be under that of a sign-in that
// never ended.
void continue_or_begin(SessionRecord& record, const std::optional<SessionRecord>& old,
                       const std::string& unfinished) {
  const bool goes_on = old && !difference(*old, record) && old->store == record.store;
  const bool resumes = !unfinished.empty() && !(old && old->id == unfinished);
  record.id = goes_on ? old->id : resumes ? unfinished : random_id();
  record.generation = goes_on ? old->generation + 1 : 1;
  record.failure.reset();
}

// What the replaced session leaves behind. The new one stands already: a failure here is no reason to lose
// it.
void clear_up(const SessionRecord& old, const SessionFolder& folder, const SessionOptions& options,
              std::vector<std::string>& warnings) {
  auto journal = Journal::open(SessionAccess::root(folder), old.id);
  if (journal) [[maybe_unused]]
    const auto erased = journal->erase();
  const auto store = open_store(old, folder, options, options.file);
  const auto erased = store ? (*store)->erase(old.id, {}) : Result<void>(fail(store.error()));
  if (!erased)
    warnings.push_back("The tokens of the session that was replaced could not be removed from the store: " +
                       erased.error().message);
}

}  // namespace

SignIn::SignIn(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
SignIn::SignIn(SignIn&&) noexcept = default;
SignIn& SignIn::operator=(SignIn&&) noexcept = default;
SignIn::~SignIn() = default;

Result<SignIn> SignIn::prepare(SessionRecord wanted, bool replace, SessionOptions options,
                               std::stop_token stop) {
  if (auto fits = check_session_name(wanted.name); !fits) return fail(std::move(fits.error()));
  const bool keeps = wanted.store != "none";
  if (options.store && keeps) wanted.store = "own";
  if (keeps && !is_store_name(wanted.store))
    return fail(ErrorClass::usage, "There is no store \"" + wanted.store + "\".",
                "Use keyring, file, file:FOLDER (an absolute path) or none.");
  if (!options.file.key.empty())
    wanted.store_key_file.clear();
  else if (!options.file.key_file.empty() && is_file_store(wanted.store))
    wanted.store_key_file = options.file.key_file;
  wanted.client.lenient = wanted.client.lenient || options.client.lenient;
  auto folder = SessionFolder::open(options.state_folder);
  if (!folder) return fail(std::move(folder.error()));
  if (keeps) {
    if (auto old = existing(*folder, wanted, replace); !old) return fail(std::move(old.error()));
  }
  auto method = effective_client_auth(wanted.client, !options.client.client_secret.empty());
  if (!method) return fail(std::move(method.error()));
  wanted.client.client_auth = std::move(*method);
  ClientRunOptions run = copy(options.client);
  run.all_endpoints = true;
  SigningKey made_key;
  if (keeps && keeps_dpop_key(wanted)) {
    auto made = SigningKey::generate("ES256");
    if (!made) return fail(std::move(made.error()));
    made_key = run.dpop_key = std::move(*made);
  }
  auto client = make_client(wanted.client, std::move(run), stop);
  if (!client) return fail(std::move(client.error()));
  auto state = std::make_unique<State>(State{std::move(*folder), std::move(wanted), replace});
  state->options = std::move(options);
  state->client.emplace(std::move(*client));
  state->made_key = std::move(made_key);
  if (!keeps) return SignIn(std::move(state));

  // Once more: discovery may have found another endpoint.
  if (auto old = existing(state->folder, state->record, replace); !old) return fail(std::move(old.error()));
  auto store = open_store(state->record, state->folder, state->options, state->options.file);
  if (!store) return fail(std::move(store.error()));
  state->store = std::move(*store);
  if (auto works = state->store->probe(std::move(stop)); !works) return fail(std::move(works.error()));
  if (auto works = SessionAccess::sessions(state->folder).probe(); !works)
    return fail(std::move(works.error()));
  return SignIn(std::move(state));
}

Result<Token> SignIn::request(Grant grant, std::stop_token stop) {
  SessionRecord& record = state_->record;
  record.grant_type = std::string(grant_type(grant));
  if (const auto* password = std::get_if<PasswordGrant>(&grant)) record.username = password->username;
  if (!state_->store) return state_->client->request(std::move(grant), std::move(stop));
  return with_assertions(*state_->client, 1, stop, [&](const std::vector<Secret>& assertions) {
    return state_->request(grant, assertions.front(), stop);
  });
}

// Takes the locks of the name and of the session; the grant only when it is sent.
Result<Token> SignIn::State::request(Grant& grant, const Secret& assertion, const std::stop_token& stop) {
  const Folder& root = SessionAccess::root(folder);
  const Deadline deadline = lock_deadline(options);
  const auto name_lock = lock_session_name(root, record.name, deadline, stop);
  if (!name_lock) return fail(name_lock.error());
  auto key = open_key(root);
  if (!key) return fail(std::move(key.error()));
  auto place = take_place(root, *key ? (*key)->unfinished() : std::string(), deadline, stop);
  if (!place) return fail(std::move(place.error()));
  const auto& old = place->old;
  Lock& lock = place->lock;
  auto journal = Journal::open(root, record.id);
  if (!journal) return fail(std::move(journal.error()));
  if (const auto last = journal->last_generation())
    record.generation = std::max(record.generation, *last + 1);

  if (auto valid = TokenClientAccess::check_still_valid(*client, assertion); !valid)
    return fail(std::move(valid.error()));
  if (old) drop_cached_half(*old);
  auto token = *key ? send_with_key(grant, assertion, **key, old, stop)
                    : TokenClientAccess::request(*client, std::move(grant), assertion, stop);
  if (!token && !old) lock.remove_file();
  if (!token) return token;
  auto kept = keep(std::move(*token), *key ? (*key)->take_text() : Secret(), old, *journal);
  if (old ? kept && old->id != record.id : !kept) lock.remove_file();
  if (*key && (kept || record.generation == 1)) (*key)->finish();
  return kept;
}

// Whoever had the lock before may have moved or removed the session.
Result<SignIn::State::Place> SignIn::State::take_place(const Folder& root, const std::string& unfinished,
                                                       Deadline deadline, const std::stop_token& stop) {
  for (;;) {
    const auto seen = existing(folder, record, replace);
    if (!seen) return fail(seen.error());
    continue_or_begin(record, *seen, unfinished);
    const std::string id = *seen ? (*seen)->id : record.id;
    auto lock = lock_session(root, id, record.name, deadline, stop);
    if (!lock) return fail(std::move(lock.error()));
    if (!*seen) return Place{std::nullopt, std::move(*lock)};
    auto old = existing(folder, record, replace);
    if (!old) return fail(std::move(old.error()));
    if (*old && (*old)->id == id) {
      continue_or_begin(record, *old, unfinished);
      return Place{std::move(*old), std::move(*lock)};
    }
    lock->remove_file();
  }
}

Result<std::optional<SignInKey>> SignIn::State::open_key(const Folder& root) const {
  if (!keeps_dpop_key(record)) return std::nullopt;
  auto key = SignInKey::open(root, record.name);
  if (!key) return fail(std::move(key.error()));
  return std::move(*key);
}

Result<Token> SignIn::State::send_with_key(Grant& grant, const Secret& assertion, SignInKey& key,
                                           const std::optional<SessionRecord>& old,
                                           const std::stop_token& stop) {
  auto saved = key.save(*store, record, old ? &*old : nullptr, made_key, stop);
  if (!saved) return fail(std::move(saved.error()));
  TokenClientAccess::use_dpop_key(*client, std::move(*saved));
  auto token = TokenClientAccess::request(*client, std::move(grant), assertion, stop);
  if (!token) key.give_up(*store, record);
  return token;
}

// The token is there: nothing is given up because somebody lost patience.
Result<Token> SignIn::State::keep(Token token, Secret dpop_key, const std::optional<SessionRecord>& old,
                                  Journal& journal) {
  record.signed_in_at = record.renewed_at = now();
  record.dpop_nonce = TokenClientAccess::dpop_nonce(*client);
  record.access_token_expires_at = token.expires_at;
  record.dead_generation = token.refresh_token.empty() ? record.generation : 0;
  const SecretHalf half{.generation = record.generation,
                        .obtained_at = record.signed_in_at,
                        .token = copy(token),
                        .dpop_key = std::move(dpop_key)};
  // Whose lock is held: that of the session that goes on or is replaced. Once a new one beside it can be
  // found, its journal is for others to write.
  const bool replaces = old && old->id != record.id;
  auto erased = replaces ? journal.erase() : Result<void>();
  auto kept = save_half(*store, record, half, {});
  if (kept) kept = folder.save(record);
  if (!kept) {
    if (record.generation == 1) [[maybe_unused]]
      const auto removed = store->erase(record.id, {});
    unkept = std::move(token);
    return fail(std::move(kept.error()));
  }
  if (replaces)
    clear_up(*old, folder, options, token.warnings);
  else
    erased = journal.erase();
  if (!erased) token.warnings.push_back(erased.error().message);
  return token;
}

std::optional<Token> SignIn::take_unkept_token() { return std::exchange(state_->unkept, std::nullopt); }

const SessionRecord& SignIn::record() const noexcept { return state_->record; }

}  // namespace oauth_token
