#include "session/refresh.hpp"

#include "base/clock.hpp"
#include "session/critical_part.hpp"
#include "session/id_token.hpp"
#include "session/journal.hpp"
#include "session/policy.hpp"
#include "session/send_refresh.hpp"
#include "session/token_cache.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

namespace oauth_token {
namespace {

RefreshTokenGrant grant(const RecoveredSession& recovered) {
  RefreshTokenGrant refresh{.refresh_token = recovered.half->token.refresh_token.copy(),
                            .resource = recovered.record.resource};
  for (const auto& [name, value] : recovered.record.parameters)
    refresh.extra.push_back({.name = name, .value = Secret(value)});
  return refresh;
}

void save_record(Refresh& refresh) {
  if (const auto saved = refresh.session.folder.save(refresh.recovered.record); !saved)
    refresh.recovered.warnings.push_back("The record of session \"" + refresh.recovered.record.name +
                                         "\" could not be written: " + saved.error().message);
}

// Journal, store, record: from the second on, the token may be shown.
Result<void> keep(Refresh& refresh, SecretHalf next) {
  RecoveredSession& recovered = refresh.recovered;
  SessionRecord& record = recovered.record;
  record.generation = next.generation;
  record.renewed_at = next.obtained_at;
  record.access_token_expires_at = next.token.expires_at;
  record.failure.reset();
  record.dead_generation = 0;
  const auto journaled = recovered.journal.keep(to_json(next, record));
  const auto stored = save_half(*refresh.session.store, record, next, {});
  if (!journaled && !stored) {
    refresh.unkept = std::move(next.token);
    Error error = stored.error();
    error.message = "The new tokens of session \"" + record.name +
                    "\" could be kept nowhere: " + error.message + " " + journaled.error().message;
    error.hint = "Keep the refresh token that was issued now yourself, or sign in again.";
    return fail(std::move(error));
  }
  if (!stored)
    recovered.warnings.push_back("The new tokens of session \"" + record.name +
                                 "\" are kept in the journal only, " + recovered.journal.place() +
                                 ", since the store does not take them: " + stored.error().message);
  save_record(refresh);
  if (stored) recovered.journal.finish();
  recovered.half = std::move(next);
  refresh.is_new = true;
  return {};
}

// The refresh token of an answer that is no valid one takes the old one's place; the access token stays.
Result<void> keep_issued(Refresh& refresh, Secret refresh_token) {
  RecoveredSession& recovered = refresh.recovered;
  if (refresh_token.empty() || refresh_token == recovered.half->token.refresh_token) return {};
  const auto failure = recovered.record.failure;
  SecretHalf next{.generation = std::max(recovered.half->generation, recovered.record.generation) + 1,
                  .obtained_at = recovered.half->obtained_at,
                  .token = copy(recovered.half->token),
                  .dpop_key = recovered.half->dpop_key.copy()};
  next.token.refresh_token = std::move(refresh_token);
  auto kept = keep(refresh, std::move(next));
  recovered.record.failure = failure;
  refresh.is_new = false;
  return kept;
}

// What is known about earlier sendings of the refresh token.
struct Sending {
  std::optional<std::chrono::sys_seconds> began = {};  // a run that did not end
  bool was_cut = false;                                // of this run
};

// Before a refresh token is called dead, the store is asked once more: another one may be there now.
Result<void> refuse_for_good(Refresh& refresh, Error error, const Sending& sending) {
  RecoveredSession& recovered = refresh.recovered;
  auto again = load_half(*refresh.session.store, recovered.record, {});
  if (again && *again && !((*again)->token.refresh_token == recovered.half->token.refresh_token)) {
    recovered.half = std::move(*again);
    refresh.is_new = is_fresh(*recovered.half, std::nullopt, now());
    return refresh.is_new ? Result<void>() : fail(std::move(error));
  }
  error.message = "The server calls the refresh token of session \"" + recovered.record.name +
                  "\" invalid: it is expired, revoked, or was used already.";
  error.message += why_refused(sending.began, sending.was_cut);
  if (recovered.journal_unreadable)
    error.message += " The journal held a newer answer, but could not be read.";
  error.hint = sign_in_again(recovered.record, "", "").value().hint;
  error.error_class = ErrorClass::reauthenticate;
  error.reason = "dead";
  recovered.record.dead_generation = recovered.half->generation;
  recovered.record.failure = next_failure(recovered.record.failure, error, now());
  save_record(refresh);
  return fail(std::move(error));
}

// What went wrong on our side says nothing to whoever comes next.
bool is_worth_recording(const Error& error) {
  switch (error.error_class) {
    case ErrorClass::usage:
    case ErrorClass::config:
    case ErrorClass::internal:
    case ErrorClass::insecure:
    case ErrorClass::interrupted:
      return false;
    default:
      return true;
  }
}

Result<void> give_up(Refresh& refresh, Error error, const Sending& sending) {
  RecoveredSession& recovered = refresh.recovered;
  // After a cut the intent stays: whether the server renewed then is not known.
  if (!sending.was_cut && has_issued_nothing(error)) recovered.journal.nothing_issued();
  if (is_end_of_refresh_token(error)) return refuse_for_good(refresh, std::move(error), sending);
  if (is_worth_recording(error)) {
    recovered.record.failure = next_failure(recovered.record.failure, error, now());
    save_record(refresh);
  }
  return fail(std::move(error));
}

Result<void> accept(Refresh& refresh, Token token) {
  RecoveredSession& recovered = refresh.recovered;
  const Token& old = recovered.half->token;
  if (auto same = check_same_subject(old.id_token, token.id_token); !same) {
    same.error().sent = Sent::yes;
    // Its refresh token may be another user's and is never used; the one that it was issued for is spent.
    if (!token.refresh_token.empty() && !(token.refresh_token == old.refresh_token))
      recovered.record.dead_generation = recovered.half->generation;
    return give_up(refresh, std::move(same.error()), {});
  }
  if (token.refresh_token.empty()) token.refresh_token = old.refresh_token.copy();
  if (token.id_token.empty()) token.id_token = old.id_token.copy();
  if (!token.scope_granted) {
    token.scope = old.scope;
    token.scope_granted = old.scope_granted;
  }
  std::move(token.warnings.begin(), token.warnings.end(), std::back_inserter(recovered.warnings));
  token.warnings.clear();
  const std::uint64_t generation = std::max(recovered.half->generation, recovered.record.generation) + 1;
  return keep(refresh, {.generation = generation,
                        .obtained_at = now(),
                        .token = std::move(token),
                        .dpop_key = recovered.half->dpop_key.copy()});
}

}  // namespace

Result<void> refresh(Refresh& refresh, std::stop_token stop) {
  RecoveredSession& recovered = refresh.recovered;
  const SecretHalf& half = *recovered.half;
  // Where the answer could be kept neither in the store nor in the journal, the refresh token is not spent.
  if (auto works = save_half(*refresh.session.store, recovered.record, half, stop); !works) return works;
  const auto before = recovered.journal.unanswered();
  if (!before) return fail(before.error());
  if (stop.stop_requested()) return fail(ErrorClass::interrupted, "Interrupted before the renewal.");
  if (auto valid = TokenClientAccess::check_still_valid(refresh.client, refresh.assertion); !valid)
    return valid;
  const std::size_t room = std::max(Journal::least_room, 2 * to_json(half, recovered.record).size());
  const auto critical = CriticalPart::begin(refresh.session.options.critical_part);
  if (!critical) return fail(critical.error());
  if (auto begun = recovered.journal.begin(half.generation, half.token.refresh_token, room, now()); !begun)
    return begun;

  drop_cached_half(recovered.record);
  auto answer = send_refresh(refresh.client, grant(recovered), refresh.assertion);
  recovered.record.dpop_nonce = TokenClientAccess::dpop_nonce(refresh.client);
  if (answer.token) return accept(refresh, std::move(*answer.token));
  if (auto kept = keep_issued(refresh, std::move(answer.issued)); !kept) return kept;
  Sending sending{.was_cut = answer.was_cut};
  if (*before && (*before)->generation == half.generation) sending.began = (*before)->since;
  return give_up(refresh, std::move(answer.token.error()), sending);
}

tl::unexpected<Error> sign_in_again(const SessionRecord& record, std::string message, std::string reason) {
  return fail(Error{.error_class = ErrorClass::reauthenticate,
                    .message = std::move(message),
                    .hint = "Sign in again: oauth-token password --session " + record.name +
                            " (with its profile, if there is one).",
                    .reason = std::move(reason)});
}

}  // namespace oauth_token
