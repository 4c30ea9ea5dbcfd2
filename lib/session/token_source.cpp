#include "base/clock.hpp"
#include "base/random.hpp"
#include "client/dpop.hpp"
#include "session/access.hpp"
#include "session/bound_key.hpp"
#include "session/policy.hpp"
#include "session/renewal.hpp"
#include "session/token_cache.hpp"

#include <oauth_token/token_source.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace oauth_token {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// One renewal, shared by all who ask while it is under way.
struct Flight {
  TokenSourceOptions options = {};
  std::stop_source stop = {};
  bool landed = false;
  Renewed renewed = {};
};

// Whether what the flight came to answers this caller too, whose wishes may differ from the first one's.
bool answers(const Flight& flight, const TokenSourceOptions& options) {
  const Renewed& renewed = flight.renewed;
  if (renewed.error) return flight.options.force || !options.force;
  return renewed.is_new || (!options.renew_now && is_fresh(*renewed.half, options.min_valid, now()));
}

// The token with the half it is of, which has the key that it may be bound to.
struct Given {
  Token token;
  std::shared_ptr<const SecretHalf> half;
};

Result<Given> token_of(const Renewed& renewed, const TokenSourceOptions& options) {
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
  return Given{std::move(token), renewed.half};
}

Renewed broken(const std::string& what) {
  Renewed renewed;
  renewed.error =
      Error{.error_class = ErrorClass::internal, .message = "The renewal broke off: " + what + "."};
  return renewed;
}

// New threads inherit the mask: no handler of the host runs on ours, from its first moment on.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;
  ~AllSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

// 1 s, 2 s, … 30 s, the last quarter at random; never earlier than the server said.
Clock::duration pause_before(int attempt, const Error& error) {
  const std::chrono::milliseconds backoff = std::min(1000ms * (1 << std::min(attempt, 5)), 30'000ms);
  std::uint16_t random = 0;
  fill_random(&random, sizeof random);
  const auto jitter = backoff * random / (4 * 65536);
  return std::max<Clock::duration>(backoff - jitter, error.retry_after.value_or(0s) + jitter / 4);
}

}  // namespace

struct TokenSource::State {
  explicit State(Result<Session> opened) : session(std::move(opened)) {
    if (session) name = session->record().name;
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  Result<Given> ask(const TokenSourceOptions& options, const std::stop_token& stop);
  std::optional<Given> remembered(const TokenSourceOptions& options);
  std::optional<Given> cached(const TokenSourceOptions& options);
  Result<Given> ask_patiently(const TokenSourceOptions& options, const std::stop_token& stop);
  Result<SigningKey> key_of(const SecretHalf& half, const std::stop_token& stop);
  void take_off(const TokenSourceOptions& options);
  void fly(const std::shared_ptr<Flight>& own);

  Result<Session> session;
  KeptClient client;  // the flight's alone
  std::mutex mutex;
  std::condition_variable_any landed;
  std::shared_ptr<Flight> flight;  // under way; else nullptr
  std::thread thread;
  std::shared_ptr<const SecretHalf> last;
  std::optional<Token> unkept;
  std::string name;  // of the session
  std::mutex key_mutex;
  SigningKey key;  // for DPoP, as read last, and where it came from
  std::string key_file;
  Secret key_text;
};

TokenSource::State::~State() {
  {
    const std::lock_guard lock(mutex);
    if (flight) flight->stop.request_stop();
  }
  if (thread.joinable()) thread.join();
}

// What the last flight brought, if no other process has changed the session since: costs neither store nor
// thread.
std::optional<Given> TokenSource::State::remembered(const TokenSourceOptions& options) {
  if (!last || options.renew_now || !is_fresh(*last, options.min_valid, now())) return std::nullopt;
  const SessionRecord& ours = session->record();
  const auto record = SessionAccess::open(*session).folder.load(ours.name);
  if (!record || !*record || (*record)->id != ours.id || (*record)->generation != last->generation)
    return std::nullopt;
  return Given{copy(last->token), last};
}

// What another process of this user got last: costs neither store nor thread either.
std::optional<Given> TokenSource::State::cached(const TokenSourceOptions& options) {
  OpenSession& open = SessionAccess::open(*session);
  if (!open.options.kernel_cache || options.renew_now) return std::nullopt;
  auto half = cached_half(open.record);
  if (!half || !is_fresh(*half, options.min_valid, now())) return std::nullopt;
  Token token = copy(half->token);
  return Given{std::move(token), std::make_shared<const SecretHalf>(std::move(*half))};
}

void TokenSource::State::fly(const std::shared_ptr<Flight>& own) {
  Renewed renewed;
  try {
    OpenSession& open = SessionAccess::open(*session);
    renewed = renew(open, client, own->options, own->stop.get_token());
    if (open.options.kernel_cache && !renewed.error) cache_half(open.record, *renewed.half, now());
  } catch (const std::exception& exception) {
    renewed = broken(exception.what());
  }
  const std::lock_guard lock(mutex);
  if (renewed.unkept) unkept = copy(*renewed.unkept);
  if (!renewed.error) last = renewed.half;
  own->renewed = std::move(renewed);
  own->landed = true;
  flight.reset();
  landed.notify_all();
}

void TokenSource::State::take_off(const TokenSourceOptions& options) {
  // The one before has landed: it set `flight` to nothing as its last act.
  if (thread.joinable()) thread.join();
  flight = std::make_shared<Flight>();
  flight->options = options;
  const AllSignalsBlocked blocked;
  thread = std::thread([this, own = flight] { fly(own); });
}

Result<Given> TokenSource::State::ask(const TokenSourceOptions& options, const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  for (;;) {
    if (stop.stop_requested()) return fail(ErrorClass::interrupted, "Interrupted.");
    if (!flight) {
      if (auto given = remembered(options)) return std::move(*given);
      if (auto given = cached(options)) return std::move(*given);
      try {
        take_off(options);
      } catch (const std::system_error& error) {
        flight.reset();
        return fail(ErrorClass::internal, std::string("No thread can be started: ") + error.what() + ".");
      }
    }
    const std::shared_ptr<Flight> joined = flight;
    if (!landed.wait(lock, stop, [&] { return joined->landed; }))
      return fail(ErrorClass::interrupted, "Interrupted during a renewal; it goes on in the background.");
    // Whether the caller or the flight was woken first must not matter; nothing is lost, for the token is
    // kept.
    if (stop.stop_requested() && !unkept) continue;
    if (answers(*joined, options)) return token_of(joined->renewed, options);
  }
}

// The record as it is now: another process may have signed in anew.
Result<SigningKey> TokenSource::State::key_of(const SecretHalf& half, const std::stop_token& stop) {
  const OpenSession& open = SessionAccess::open(*session);
  const auto record = open.folder.load(name);
  if (!record) return fail(record.error());
  if (!*record)
    return fail(ErrorClass::reauthenticate, "Session \"" + name + "\" was removed in the meantime.",
                "Sign in again.");
  const std::lock_guard lock(key_mutex);
  const std::string& file = (*record)->client.dpop.key;
  if (key && key_file == file && key_text == half.dpop_key) return key;
  auto found = dpop_key(**record, half, open.options.client, stop);
  if (!found) return found;
  key = *found;
  key_file = file;
  key_text = half.dpop_key.copy();
  return found;
}

TokenSource::TokenSource(Result<Session> session) : state_(std::make_unique<State>(std::move(session))) {}
TokenSource::TokenSource(TokenSource&&) noexcept = default;
TokenSource& TokenSource::operator=(TokenSource&&) noexcept = default;
TokenSource::~TokenSource() = default;

// Tries what may be repeated for as long as the caller waits.
Result<Given> TokenSource::State::ask_patiently(const TokenSourceOptions& options,
                                                const std::stop_token& stop) {
  if (!session) return fail(session.error());
  const auto deadline = Clock::now() + options.wait;
  for (int attempt = 0;; ++attempt) {
    auto given = ask(options, stop);
    if (given || !may_be_repeated(given.error())) return given;
    const auto again = Clock::now() + pause_before(attempt, given.error());
    if (again > deadline) return given;
    std::unique_lock lock(mutex);
    std::condition_variable_any nobody;
    nobody.wait_until(lock, stop, again, [] { return false; });
    if (stop.stop_requested())
      return fail(ErrorClass::interrupted, "Interrupted while waiting for the server.");
  }
}

Result<Token> TokenSource::token(const TokenSourceOptions& options, std::stop_token stop) {
  auto given = state_->ask_patiently(options, stop);
  if (!given) return fail(std::move(given.error()));
  return std::move(given->token);
}

Result<DpopAuthorization> TokenSource::authorize(DpopRequest request, const TokenSourceOptions& options,
                                                 std::stop_token stop) {
  if (auto checked = check_dpop_request(request); !checked) return fail(std::move(checked.error()));
  auto given = state_->ask_patiently(options, stop);
  if (!given) return fail(std::move(given.error()));
  const auto key = state_->key_of(*given->half, stop);
  if (!key) return fail(key.error());
  auto proof = dpop_proof_for(*key, state_->name, given->token, std::move(request));
  if (!proof) return fail(std::move(proof.error()));
  return DpopAuthorization{std::move(given->token), std::move(*proof)};
}

std::optional<Token> TokenSource::take_unkept_token() {
  const std::lock_guard lock(state_->mutex);
  return std::exchange(state_->unkept, std::nullopt);
}

}  // namespace oauth_token
