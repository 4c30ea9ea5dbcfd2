#include "base/clock.hpp"
#include "base/guarded.hpp"
#include "base/random.hpp"
#include "crypto/module.hpp"
#include "session/before_lock.hpp"
#include "session/critical_part.hpp"
#include "session/journal.hpp"
#include "session/lock.hpp"
#include "session/open_session.hpp"
#include "session/policy.hpp"
#include "session/secret_half.hpp"
#include "session/send_refresh.hpp"

#include <oauth_token/caller_kept_token.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oauth_token {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t spent = 1;  // generations of the journal: there is one renewal for each refresh token

// A name that tells nothing of the refresh token and is the same for each run with it.
Result<std::string> journal_id(const Secret& refresh_token, const ClientSettings& client) {
  const auto& module = crypto();
  if (!module) return fail(module.error());
  const auto id = (*module)->hkdf_sha256(refresh_token.expose(), client.token_endpoint,
                                         "oauth-token caller-kept " + client.client_id, 16);
  if (!id) return fail(id.error());
  return hex(id->expose());
}

Result<std::string> lock_name(const ClientSettings& client) {
  const auto& module = crypto();
  if (!module) return fail(module.error());
  const auto digest = (*module)->sha256(client.token_endpoint + "\n" + client.client_id);
  if (!digest) return fail(digest.error());
  return "caller-" + hex(std::string_view(*digest).substr(0, 16)) + ".lock";
}

class CallerKeptRenewal {
 public:
  CallerKeptRenewal(CallerKeptRefresh& refresh, const CallerKeptOptions& options, const Folder& state,
                    const TokenClient& client, const Secret& assertion, std::stop_token stop)
      : refresh_(refresh),
        options_(options),
        state_(state),
        client_(client),
        assertion_(assertion),
        stop_(std::move(stop)) {}

  // Under the lock.
  Result<CallerKeptAnswer> run() {
    auto answer = recover_or_send();
    if (answer) {
      leave_to_caller(*answer);
    } else {
      for (const Journal& journal : only_places_)
        answer.error().message += " A newer refresh token is kept in " + journal.place() +
                                  ": the next renewal with the old one uses it.";
    }
    return answer;
  }

 private:
  // A recovered answer that is over is followed by one more renewal, with its refresh token.
  Result<CallerKeptAnswer> recover_or_send() {
    for (;;) {
      auto journal = open_journal();
      if (!journal) return fail(std::move(journal.error()));
      auto recovered = recover(*journal);
      if (!recovered) return fail(std::move(recovered.error()));
      if (!*recovered) return send(*journal);
      SecretHalf& half = **recovered;
      if (is_fresh(half, std::nullopt, now())) return deliver(*journal, std::move(half));
      Secret next = half.token.refresh_token.copy();
      if (next == refresh_.grant.refresh_token) {
        if (auto erased = journal->erase(); !erased) return fail(std::move(erased.error()));
      } else if (refresh_.deliver) {
        auto answer = deliver(*journal, std::move(half));
        if (answer.undelivered) return answer;
      } else {
        only_places_.push_back(std::move(*journal));
      }
      refresh_.grant.refresh_token = std::move(next);
    }
  }

  Result<Journal> open_journal() {
    auto id = journal_id(refresh_.grant.refresh_token, refresh_.client);
    if (!id) return fail(std::move(id.error()));
    record_.id = *id;
    record_.name = "kept by the caller";
    record_.client.token_endpoint = refresh_.client.token_endpoint;
    record_.client.client_id = refresh_.client.client_id;
    return Journal::open(state_, *id);
  }

  Result<std::optional<SecretHalf>> recover(const Journal& journal) {
    auto kept = journal.beyond(spent, refresh_.grant.refresh_token);
    if (!kept) return fail(std::move(kept.error()));
    if (!kept->answer) return std::nullopt;
    auto half = secret_half_from_json(std::move(*kept->answer), record_);
    if (!half) return fail(std::move(half.error()));
    return std::move(*half);
  }

  Result<CallerKeptAnswer> send(Journal& journal);
  Result<CallerKeptAnswer> give_up(Journal& journal, Error error,
                                   const std::optional<Journal::Unanswered>& before, bool was_cut);
  CallerKeptAnswer deliver(Journal& journal, SecretHalf half);
  void leave_to_caller(CallerKeptAnswer& answer);
  void keep_issued(Journal& journal, Secret refresh_token, Error& error);

  CallerKeptRefresh& refresh_;
  const CallerKeptOptions& options_;
  const Folder& state_;
  const TokenClient& client_;
  const Secret& assertion_;
  std::stop_token stop_;
  SessionRecord record_ = {};
  bool journaled_ = true;
  // With refresh tokens that are nowhere else until the caller has taken the answer.
  std::vector<Journal> only_places_ = {};
};

Result<CallerKeptAnswer> CallerKeptRenewal::send(Journal& journal) {
  const auto before = journal.unanswered();
  if (!before) return fail(before.error());
  if (stop_.stop_requested()) return fail(ErrorClass::interrupted, "Interrupted before the renewal.");
  if (auto valid = TokenClientAccess::check_still_valid(client_, assertion_); !valid)
    return fail(std::move(valid.error()));
  const auto critical = CriticalPart::begin(options_.critical_part);
  if (!critical) return fail(critical.error());
  if (auto begun = journal.begin(spent, refresh_.grant.refresh_token, Journal::least_room, now()); !begun)
    return fail(std::move(begun.error()));
  auto sent = send_refresh(client_, refresh_.grant, assertion_);
  if (!sent.token) {
    keep_issued(journal, std::move(sent.issued), sent.token.error());
    return give_up(journal, std::move(sent.token.error()), *before, sent.was_cut);
  }
  Result<Token>& token = sent.token;
  if (token->refresh_token.empty()) token->refresh_token = refresh_.grant.refresh_token.copy();
  SecretHalf half{.generation = spent + 1, .obtained_at = now(), .token = std::move(*token)};
  journaled_ = journal.keep(to_json(half, record_)).has_value();
  return deliver(journal, std::move(half));
}

// The refresh token of an answer that is no valid one: without it the caller's would be the last.
void CallerKeptRenewal::keep_issued(Journal& journal, Secret refresh_token, Error& error) {
  if (refresh_token.empty() || refresh_token == refresh_.grant.refresh_token) return;
  SecretHalf half{.generation = spent + 1, .obtained_at = now()};
  half.token.refresh_token = std::move(refresh_token);
  journaled_ = journal.keep(to_json(half, record_)).has_value();
  std::string kept = journaled_ ? " The refresh token in it is kept in " + journal.place() +
                                      ": the next renewal with the old one uses it."
                                : " The refresh token in it could not be kept.";
  if (refresh_.deliver) {
    const auto answer = deliver(journal, std::move(half));
    if (!answer.undelivered)
      kept = " The refresh token in it was kept.";
    else
      error.message += " " + answer.undelivered->message;
  }
  error.message += kept;
}

Result<CallerKeptAnswer> CallerKeptRenewal::give_up(Journal& journal, Error error,
                                                    const std::optional<Journal::Unanswered>& before,
                                                    bool was_cut) {
  if (is_end_of_refresh_token(error)) {
    error.message =
        "The server calls the refresh token invalid: it is expired, revoked, or was used already." +
        why_refused(before ? std::optional(before->since) : std::nullopt, was_cut);
    // Nothing can come of it any more, and nobody else would clear this up.
    [[maybe_unused]] const auto erased = journal.erase();
  } else if (!was_cut && has_issued_nothing(error)) {
    journal.nothing_issued();
  }
  return fail(std::move(error));
}

CallerKeptAnswer CallerKeptRenewal::deliver(Journal& journal, SecretHalf half) {
  CallerKeptAnswer answer{.token = std::move(half.token)};
  const bool rotated = !(answer.token.refresh_token == refresh_.grant.refresh_token);
  if (rotated && refresh_.deliver) {
    auto done = guarded("function that takes the new refresh token", refresh_.deliver,
                        answer.token.refresh_token, std::stop_token());
    if (!done) {
      answer.undelivered = std::move(done.error());
      std::string& hint = answer.undelivered->hint;
      if (journaled_)
        hint += (hint.empty() ? "" : " ") + std::string("The new refresh token is kept in ") +
                journal.place() + ": run again with the old one, and it is delivered.";
      else if (hint.empty())
        hint = "It could not be kept elsewhere either: a person must sign in again.";
      return answer;
    }
  } else if (rotated) {
    only_places_.push_back(std::move(journal));
    return answer;
  }
  if (auto erased = journal.erase(); !erased) answer.token.warnings.push_back(erased.error().message);
  return answer;
}

void CallerKeptRenewal::leave_to_caller(CallerKeptAnswer& answer) {
  if (only_places_.empty()) return;
  if (journaled_) answer.kept_in = only_places_.back().place();
  // Without the lock: who finds an answer in a journal never writes there.
  answer.handed_over =
      [journals = std::make_shared<std::vector<Journal>>(std::move(only_places_))]() -> Result<void> {
    Result<void> done;
    for (Journal& journal : *journals)
      if (auto erased = journal.erase(); !erased) done = std::move(erased);
    return done;
  };
}

}  // namespace

Result<CallerKeptAnswer> renew_for_caller(CallerKeptRefresh refresh, CallerKeptOptions options,
                                          std::stop_token stop) {
  auto folder = SessionFolder::open(options.state_folder);
  if (!folder) return fail(std::move(folder.error()));
  ClientRunOptions run = copy(options.client);
  run.timeout = options.refresh_timeout;
  auto client = make_client(refresh.client, std::move(run), stop);
  if (!client) return fail(std::move(client.error()));
  const Folder& state = SessionAccess::root(*folder);
  auto name = lock_name(refresh.client);
  if (!name) return fail(std::move(name.error()));
  return with_assertions(
      *client, 1, stop, [&](const std::vector<Secret>& assertions) -> Result<CallerKeptAnswer> {
        const auto deadline = deadline_after(options.refresh_timeout, 10s);
        const auto lock = Lock::acquire(state, *name, "renewing a token of " + refresh.client.token_endpoint,
                                        deadline, stop);
        if (!lock) return fail(lock.error());
        if (refresh.read_again) {
          auto current = guarded("function that reads the refresh token again", refresh.read_again, stop);
          if (!current) return fail(std::move(current.error()));
          refresh.grant.refresh_token = std::move(*current);
        }
        return CallerKeptRenewal(refresh, options, state, *client, assertions.front(), stop).run();
      });
}

}  // namespace oauth_token
