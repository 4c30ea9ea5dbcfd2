#include "session/renewal.hpp"

#include "base/clock.hpp"
#include "session/before_lock.hpp"
#include "session/bound_key.hpp"
#include "session/locked_session.hpp"
#include "session/policy.hpp"
#include "session/refresh.hpp"

#include <oauth_token/client_settings.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace oauth_token {
namespace {

tl::unexpected<Error> tokens_absent(const SessionRecord& record) {
  return sign_in_again(record,
                       "The store has no tokens of session \"" + record.name +
                           "\": they were removed, or the store was set up anew.",
                       "absent");
}

class Renewal {
 public:
  Renewal(OpenSession& session, KeptClient& kept, const TokenSourceOptions& options, std::stop_token stop)
      : session_(session), kept_(kept), options_(options), stop_(std::move(stop)) {}

  Renewed run() {
    Renewed renewed;
    if (auto done = steps(); !done) renewed.error = std::move(done.error());
    if (half_) renewed.half = std::make_shared<const SecretHalf>(std::move(*half_));
    renewed.warnings = std::move(warnings_);
    renewed.is_new = is_new_;
    renewed.unkept = std::move(unkept_);
    return renewed;
  }

 private:
  Result<void> steps();
  Result<void> read_without_lock();
  Result<void> under_the_lock(const Secret& assertion);
  Result<void> make_client_before_the_lock();
  [[nodiscard]] bool is_settled(const RecoveredSession& recovered);
  Result<void> check_may_send(const RecoveredSession& recovered) const;
  Result<void> refresh(RecoveredSession& recovered, const Secret& assertion);

  OpenSession& session_;
  KeptClient& kept_;
  const TokenSourceOptions& options_;
  std::stop_token stop_;
  std::uint64_t first_seen_ = 0;  // generation before the lock
  std::optional<SessionRecord::Failure> failed_before_ = {};
  std::optional<SecretHalf> half_ = {};
  std::vector<std::string> warnings_ = {};
  bool is_new_ = false;
  std::optional<Token> unkept_ = {};
};

Result<void> Renewal::read_without_lock() {
  auto store = current_store(session_);
  if (!store) return fail(std::move(store.error()));
  first_seen_ = session_.record.generation;
  failed_before_ = session_.record.failure;
  auto half = load_half(**store, session_.record, stop_);
  if (!half) return fail(std::move(half.error()));
  half_ = std::move(*half);
  return {};
}

// Whatever asks a person, runs a command or reads a pipe: others wait for the lock.
Result<void> Renewal::make_client_before_the_lock() {
  if (kept_.client && kept_.signed_in_at == session_.record.signed_in_at) return {};
  ClientSettings settings = session_.record.client;
  ClientRunOptions run = copy(session_.options.client);
  run.timeout = session_.options.refresh_timeout;
  run.dpop_nonce = session_.record.dpop_nonce;
  if (keeps_dpop_key(session_.record)) {
    if (!half_) return tokens_absent(session_.record);
    auto key = dpop_key(session_.record, *half_, run, stop_);
    if (!key) return fail(std::move(key.error()));
    run.dpop_key = std::move(*key);
  }
  auto client = make_client(settings, std::move(run), stop_);
  if (!client) return fail(std::move(client.error()));
  kept_.client.emplace(std::move(*client));
  kept_.signed_in_at = session_.record.signed_in_at;
  return {};
}

Result<void> Renewal::steps() {
  if (auto done = read_without_lock(); !done) return done;
  const bool is_current = half_ && half_->generation >= session_.record.generation;
  if (is_current && !options_.renew_now && is_fresh(*half_, options_.min_valid, now())) return {};
  if (auto done = make_client_before_the_lock(); !done) return done;
  return with_assertions(*kept_.client, 1, stop_, [this](const std::vector<Secret>& assertions) {
    return under_the_lock(assertions.front());
  });
}

Result<void> Renewal::under_the_lock(const Secret& assertion) {
  auto recovered = lock_and_recover(session_, stop_);
  if (!recovered) return fail(std::move(recovered.error()));
  half_.reset();
  if (!recovered->half) return tokens_absent(recovered->record);
  Result<void> done;
  if (!is_settled(*recovered)) {
    done = check_may_send(*recovered);
    if (done) done = refresh(*recovered, assertion);
  }
  session_.record = std::move(recovered->record);
  half_ = std::move(recovered->half);
  warnings_ = std::move(recovered->warnings);
  return done;
}

// Step 4: somebody else renewed while we waited, or what is there will do.
bool Renewal::is_settled(const RecoveredSession& recovered) {
  if (recovered.half->generation < recovered.record.generation) return false;
  const bool renewed_by_another = recovered.stored_generation > first_seen_;
  if (renewed_by_another && is_fresh(*recovered.half, std::nullopt, now())) {
    is_new_ = true;
    return true;
  }
  return !options_.renew_now && is_fresh(*recovered.half, options_.min_valid, now());
}

Result<void> Renewal::check_may_send(const RecoveredSession& recovered) const {
  const SessionRecord& record = recovered.record;
  const SecretHalf& half = *recovered.half;
  const std::string session = "session \"" + record.name + "\"";
  if (half.token.refresh_token.empty())
    return sign_in_again(record, "The server gave " + session + " no refresh token, so it cannot be renewed.",
                         "no-refresh-token");
  if (options_.force) return {};
  if (half.generation < record.generation)
    return sign_in_again(record,
                         "The store holds older tokens of " + session + " (generation " +
                             std::to_string(half.generation) + ") than it was given (" +
                             std::to_string(record.generation) + "): it was put back to an earlier state" +
                             (recovered.journal_unreadable ? ", and the journal cannot be read." : "."),
                         "older");
  if (record.dead_generation == half.generation)
    return sign_in_again(
        record,
        record.failure ? "The refresh token of " + session +
                             " can no longer be used. The last renewal failed: " + record.failure->message
                       : "The server has called the refresh token of " + session + " invalid.",
        "dead");
  const auto& failed = record.failure;
  const bool meanwhile = failed && (!failed_before_ || failed->at != failed_before_->at ||
                                    failed->count != failed_before_->count);
  if (auto failure = standing_failure(record, now(), meanwhile)) return fail(std::move(*failure));
  return {};
}

Result<void> Renewal::refresh(RecoveredSession& recovered, const Secret& assertion) {
  Refresh refresh{
      .session = session_, .recovered = recovered, .client = *kept_.client, .assertion = assertion};
  auto done = oauth_token::refresh(refresh, stop_);
  is_new_ = refresh.is_new;
  unkept_ = std::move(refresh.unkept);
  // A client secret that the server refuses is read anew next time.
  if (!done && done.error().error_class == ErrorClass::client_auth) kept_.client.reset();
  return done;
}

}  // namespace

Renewed renew(OpenSession& session, KeptClient& kept, const TokenSourceOptions& options,
              std::stop_token stop) {
  return Renewal(session, kept, options, std::move(stop)).run();
}

}  // namespace oauth_token
