#include "session/before_lock.hpp"
#include "session/bound_key.hpp"
#include "session/journal.hpp"
#include "session/lock.hpp"
#include "session/locked_session.hpp"
#include "session/open_session.hpp"
#include "session/secret_half.hpp"
#include "session/token_cache.hpp"

#include <oauth_token/client_settings.hpp>
#include <oauth_token/session.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oauth_token {
namespace {

std::string names_of(const SessionFolder& folder) {
  std::string names;
  if (const auto records = folder.list())
    for (const SessionRecord& record : *records) names += (names.empty() ? "" : ", ") + record.name;
  return names;
}

[[gnu::cold]] Error no_session(std::string_view name, const std::optional<SessionFolder>& folder) {
  const std::string names = folder ? names_of(*folder) : "";
  return {.error_class = ErrorClass::reauthenticate,
          .message = "There is no session \"" + std::string(name) + "\".",
          .hint = (names.empty() ? "There are none yet. " : "There are: " + names + ". ") +
                  "Sign in with: oauth-token password --session " + std::string(name),
          .reason = "absent"};
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

// As the store has them now, wherever the session was moved to; without the lock.
Result<SecretHalf> read_tokens(OpenSession& session, const std::stop_token& stop) {
  const auto store = current_store(session);
  if (!store) return fail(store.error());
  auto half = load_half(**store, session.record, stop);
  if (!half) return fail(std::move(half.error()));
  if (!*half || (*half)->token.access_token.empty()) return no_tokens(session.record.name);
  return std::move(**half);
}

// Everything that is kept of the session; the record last, so that a crash leaves something to forget.
Result<void> erase(const OpenSession& session, TokenStore& store, Journal& journal, Lock& lock,
                   std::stop_token stop) {
  drop_cached_half(session.record);
  if (auto erased = journal.erase(); !erased) return erased;
  if (auto erased = store.erase(session.record.id, std::move(stop)); !erased) return erased;
  auto removed = session.folder.remove(session.record.name);
  drop_cached_half(session.record);  // which who had read the tokens before may have kept since
  if (removed) lock.remove_file();
  return removed;
}

}  // namespace

Session::Session(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Result<Session> Session::open(std::string_view name, SessionOptions options) {
  if (auto fits = check_session_name(name); !fits) return fail(std::move(fits.error()));
  auto folder = SessionFolder::find(options.state_folder);
  if (!folder) return fail(std::move(folder.error()));
  auto record = *folder ? (*folder)->load(name) : Result<std::optional<SessionRecord>>();
  if (!record) return fail(std::move(record.error()));
  if (!*record) return fail(no_session(name, *folder));
  return Session(std::make_unique<State>(std::move(**folder), std::move(**record), std::move(options)));
}

const SessionRecord& Session::record() const noexcept { return state_->record; }

Result<void> Session::revoke(std::stop_token stop) {
  ClientSettings settings = state_->record.client;
  settings.dpop = {};  // for token requests alone
  const auto client = make_client(settings, copy(state_->options.client), stop);
  if (!client) return fail(client.error());
  return with_assertions(*client, 2, stop, [&](const std::vector<Secret>& assertions) -> Result<void> {
    auto recovered = lock_and_recover(*state_, stop);
    if (!recovered) return fail(std::move(recovered.error()));
    if (!recovered->half) return no_tokens(state_->record.name);
    for (const Secret& assertion : assertions)
      if (auto valid = TokenClientAccess::check_still_valid(*client, assertion); !valid) return valid;
    drop_cached_half(state_->record);
    if (auto done = revoke_both(*client, recovered->half->token, assertions, stop); !done) return done;
    return erase(*state_, *state_->store, recovered->journal, recovered->lock, {});
  });
}

Result<void> Session::forget(std::stop_token stop) {
  auto locked = lock_current(*state_, stop);
  if (!locked) return fail(std::move(locked.error()));
  return erase(*state_, *locked->store, locked->journal, locked->lock, std::move(stop));
}

Result<Secret> Session::introspect(std::stop_token stop) {
  const auto half = read_tokens(*state_, stop);
  if (!half) return fail(half.error());
  ClientSettings settings = state_->record.client;
  settings.dpop = {};  // for token requests alone
  const auto client = make_client(settings, copy(state_->options.client), stop);
  if (!client) return fail(client.error());
  return client->introspect(half->token.access_token, "access_token", stop);
}

Result<Secret> Session::dpop_proof(DpopRequest request, std::stop_token stop) {
  const auto half = read_tokens(*state_, stop);
  if (!half) return fail(half.error());
  const SessionRecord& record = state_->record;
  const auto key = dpop_key(record, *half, state_->options.client, std::move(stop));
  if (!key) return fail(key.error());
  return dpop_proof_for(*key, record.name, half->token, std::move(request));
}

}  // namespace oauth_token
