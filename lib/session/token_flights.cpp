#include "session/token_flights.hpp"

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/waiting.hpp"
#include "base/worker.hpp"
#include "session/bound_key.hpp"
#include "session/open_session.hpp"
#include "session/policy.hpp"
#include "session/token_cache.hpp"
#include "session/token_waiter.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <utility>

namespace oauth_token {
namespace {

using namespace std::chrono_literals;

Result<GivenToken> token_of(const Renewed& renewed, const TokenSourceOptions& options) {
  if (renewed.error) {
    const bool lives = renewed.half && is_alive(*renewed.half, now());
    if (!lives || options.renew_now || renewed.unkept) return fail(*renewed.error);
  }
  Token token = copy(renewed.half->token);
  token.warnings = renewed.warnings;
  if (renewed.error)
    token.warnings.push_back("The token could not be renewed, but is still valid: " + renewed.error->message);
  else if (options.min_valid && !is_fresh(*renewed.half, options.min_valid, now()))
    token.warnings.push_back("The server does not issue tokens that live as long as was asked for.");
  return GivenToken{std::move(token), renewed.half};
}

// Somebody may have signed out since the half was read: they drop what is kept once the record is gone, and
// so do we.
void cache(const OpenSession& open, const SecretHalf& half) {
  cache_half(open.record, half, now());
  const auto record = open.folder.load(open.record.name);
  if (!record || !*record || (*record)->id != open.record.id) drop_cached_half(open.record);
}

Error broken(const char* what, const std::exception& exception) {
  return {.error_class = ErrorClass::internal,
          .message = std::string("The ") + what + " broke off: " + exception.what() + "."};
}

}  // namespace

// What the flight came to may answer a caller whose wishes differ from the first one's.
bool TokenFlights::Flight::answers(const TokenSourceOptions& wanted) const {
  if (is_revocation) return false;
  if (renewed.error) return options.force || !wanted.force;
  return renewed.is_new || (!wanted.renew_now && is_fresh(*renewed.half, wanted.min_valid, now()));
}

// 1 s, 2 s, … 30 s, the last quarter at random; never earlier than the server said.
std::chrono::steady_clock::duration pause_before(int attempt, const Error& error) {
  const std::chrono::milliseconds backoff = std::min(1000ms * (1 << std::min(attempt, 5)), 30'000ms);
  std::uint16_t random = 0;
  fill_random(&random, sizeof random);
  const auto jitter = backoff * random / (4 * 65536);
  return std::max<std::chrono::steady_clock::duration>(backoff - jitter,
                                                       error.retry_after.value_or(0s) + jitter / 4);
}

tl::unexpected<Error> interrupted_revocation(bool has_begun) {
  if (!has_begun) return fail(ErrorClass::interrupted, "Interrupted before anything was revoked.");
  return fail(Error{.error_class = ErrorClass::interrupted,
                    .message = "Interrupted while signing out; the server may have revoked the session.",
                    .hint = "Sign out again.",
                    .sent = Sent::maybe});
}

TokenFlights::TokenFlights(Result<Session> session, Executor executor)
    : callbacks_(std::make_shared<Callbacks>(std::move(executor))), session_(std::move(session)) {
  if (session_) name_ = session_->record().name;
}

void TokenFlights::close() noexcept {
  callbacks_->close();
  Waiters dropped;  // without the mutex, which their stop callbacks take
  std::thread serving;
  {
    const std::lock_guard lock(waiting_mutex_);
    is_closed_ = true;
    dropped.swap(arrived_);
    serving.swap(server_);
    news_.notify_one();
  }
  end_thread(std::move(serving));  // first, for it may begin a flight
  std::thread flying;
  std::shared_ptr<Flight> flight;
  {
    const std::lock_guard lock(mutex_);
    flight = flight_;
    flying.swap(thread_);
  }
  if (flight) flight->stop.request_stop();  // may call what asks this object
  end_thread(std::move(flying));
}

// --- the flight ---

// With the mutex held.
Result<void> TokenFlights::take_off(std::shared_ptr<Flight> flight) {
  // The one before has landed: it set `flight_` to nothing as its last act.
  if (thread_.joinable()) thread_.join();
  auto thread = start_thread([self = shared_from_this(), flight] { self->fly(flight); });
  if (!thread) return fail(std::move(thread.error()));
  thread_ = std::move(*thread);
  flight_ = std::move(flight);
  return {};
}

void TokenFlights::fly(const std::shared_ptr<Flight>& own) {
  own->is_revocation ? revoke_in(*own) : renew_in(*own);
  const std::lock_guard lock(mutex_);
  Renewed& renewed = own->renewed;
  if (renewed.unkept) unkept_ = std::move(*renewed.unkept);  // that there was one is still known
  if (own->is_revocation ? own->revoked.has_value() : !renewed.error) last_ = renewed.half;
  own->landed = true;
  flight_.reset();
  changed_.notify_all();
  tell_news();
}

void TokenFlights::renew_in(Flight& flight) try {
  OpenSession& open = SessionAccess::open(*session_);
  flight.renewed = renew(open, client_, flight.options, flight.stop.get_token());
  if (open.options.kernel_cache && !flight.renewed.error) cache(open, *flight.renewed.half);
} catch (const std::exception& exception) {
  flight.renewed = {};
  flight.renewed.error = broken("renewal", exception);
}

void TokenFlights::revoke_in(Flight& flight) try {
  flight.revoked = session_->revoke(flight.stop.get_token());
} catch (const std::exception& exception) {
  flight.revoked = fail(broken("revocation", exception));
}

// What the last flight brought, if no other process has changed the session since: costs neither store nor
// thread.
std::optional<GivenToken> TokenFlights::remembered(const TokenSourceOptions& options) {
  if (!last_ || options.renew_now || !is_fresh(*last_, options.min_valid, now())) return std::nullopt;
  const SessionRecord& ours = session_->record();
  const auto record = SessionAccess::open(*session_).folder.load(ours.name);
  if (!record || !*record || (*record)->id != ours.id || (*record)->generation != last_->generation)
    return std::nullopt;
  return GivenToken{copy(last_->token), last_};
}

// What this or another process of this user got last: costs neither store nor thread either.
std::optional<GivenToken> TokenFlights::cached(const TokenSourceOptions& options) {
  OpenSession& open = SessionAccess::open(*session_);
  if (!open.options.kernel_cache || options.renew_now) return std::nullopt;
  auto half = cached_half(open.record);
  if (!half || !is_fresh(*half, options.min_valid, now())) return std::nullopt;
  Token token = copy(half->token);
  return GivenToken{std::move(token), std::make_shared<const SecretHalf>(std::move(*half))};
}

std::optional<GivenToken> TokenFlights::at_hand(const TokenSourceOptions& options) {
  if (auto given = remembered(options)) return given;
  auto given = cached(options);
  if (given) last_ = given->half;
  return given;
}

// --- those who ask ---

std::optional<Result<GivenToken>> TokenFlights::next(const TokenSourceOptions& options,
                                                     std::shared_ptr<Flight>& joined) {
  if (joined && !joined->landed) return std::nullopt;
  if (const auto landed = std::exchange(joined, nullptr); landed && landed->answers(options))
    return token_of(landed->renewed, options);
  if (!flight_) {
    if (auto given = at_hand(options)) return std::move(*given);
    auto flight = std::make_shared<Flight>();
    flight->options = options;
    if (auto begun = take_off(std::move(flight)); !begun) return fail(std::move(begun.error()));
  }
  joined = flight_;
  return std::nullopt;
}

std::optional<Result<void>> TokenFlights::next_revocation(std::shared_ptr<Flight>& joined,
                                                          std::shared_ptr<Flight>& own) {
  if (joined && !joined->landed) return std::nullopt;
  if (own) return own->revoked;
  joined = flight_;
  if (joined) return std::nullopt;
  own = std::make_shared<Flight>();
  own->is_revocation = true;
  if (auto begun = take_off(own); !begun) return begun;
  joined = own;
  return std::nullopt;
}

// Whether a caller or the flight was woken first must not matter, and else nothing is lost: the token is
// kept.
bool TokenFlights::has_unkept_for(const TokenSourceOptions& options, const Flight* joined) const {
  return unkept_ && joined != nullptr && joined->landed && joined->answers(options);
}

Result<GivenToken> TokenFlights::ask(const TokenSourceOptions& options, const std::stop_token& stop) {
  std::shared_ptr<Flight> joined;
  std::unique_lock lock(mutex_);
  for (;;) {
    if (stop.stop_requested() && !has_unkept_for(options, joined.get()))
      return fail(ErrorClass::interrupted, "Interrupted.");
    if (auto given = next(options, joined)) return std::move(*given);
    if (!changed_.wait(lock, stop, [&] { return joined->landed; }))
      return fail(ErrorClass::interrupted, "Interrupted during a renewal; it goes on in the background.");
  }
}

Result<GivenToken> TokenFlights::token(const TokenSourceOptions& options, const std::stop_token& stop) {
  if (auto here = process_.check(); !here) return fail(std::move(here.error()));
  if (!session_) return fail(session_.error());
  const auto deadline = deadline_after(options.wait);
  for (int attempt = 0;; ++attempt) {
    auto given = ask(options, stop);
    if (given || !may_be_repeated(given.error())) return given;
    const auto again = Clock::now() + pause_before(attempt, given.error());
    if (again > deadline) return given;
    std::unique_lock lock(mutex_);
    std::condition_variable_any nobody;
    nobody.wait_until(lock, stop, again, [] { return false; });
    if (stop.stop_requested())
      return fail(ErrorClass::interrupted, "Interrupted while waiting for the server.");
  }
}

std::optional<Token> TokenFlights::token_at_hand(const TokenSourceOptions& options) {
  if (!process_.is_this() || !session_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (flight_) return std::nullopt;
  auto given = at_hand(options);
  if (!given) return std::nullopt;
  return std::move(given->token);
}

Result<void> TokenFlights::revoke(const std::stop_token& stop) {
  if (auto here = process_.check(); !here) return here;
  if (!session_) return fail(session_.error());
  std::shared_ptr<Flight> joined;
  std::shared_ptr<Flight> own;
  std::unique_lock lock(mutex_);
  for (;;) {
    if (stop.stop_requested()) break;
    if (auto done = next_revocation(joined, own)) return std::move(*done);
    if (!changed_.wait(lock, stop, [&] { return joined->landed; })) break;
  }
  lock.unlock();
  if (own) own->stop.request_stop();
  return interrupted_revocation(own != nullptr);
}

Result<SigningKey> TokenFlights::key_of(const SecretHalf& half, const std::stop_token& stop) {
  const OpenSession& open = SessionAccess::open(*session_);
  const auto record = open.folder.load(name_);
  if (!record) return fail(record.error());
  if (!*record)
    return fail(ErrorClass::reauthenticate, "Session \"" + name_ + "\" was removed in the meantime.",
                "Sign in again.");
  const std::lock_guard lock(key_mutex_);
  const std::string& file = (*record)->client.dpop.key;
  if (key_ && key_file_ == file && key_text_ == half.dpop_key) return key_;
  auto found = dpop_key(**record, half, open.options.client, stop);
  if (!found) return found;
  key_ = *found;
  key_file_ = file;
  key_text_ = half.dpop_key.copy();
  return found;
}

std::optional<Token> TokenFlights::take_unkept() {
  if (!process_.is_this()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  return std::exchange(unkept_, std::nullopt);
}

}  // namespace oauth_token
