#pragma once

#include "base/callbacks.hpp"
#include "base/own_process.hpp"
#include "session/renewal.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/executor.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/signing_key.hpp>
#include <oauth_token/token.hpp>
#include <oauth_token/token_source.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace oauth_token {

/// The token with the half it is of, which has the key that it may be bound to.
struct GivenToken {
  Token token;
  std::shared_ptr<const SecretHalf> half;
};

/// What a TokenSource does: one flight at a time, a renewal or a revocation, on a thread of its own, is
/// shared by all who ask meanwhile ("single flight"). Who asks without blocking waits in a list that a second
/// thread serves. Held by a shared pointer, since one of its callbacks may end it.
class TokenFlights : public std::enable_shared_from_this<TokenFlights> {
 public:
  TokenFlights(Result<Session> session, Executor executor);
  TokenFlights(const TokenFlights&) = delete;
  TokenFlights& operator=(const TokenFlights&) = delete;
  TokenFlights(TokenFlights&&) = delete;
  TokenFlights& operator=(TokenFlights&&) = delete;
  ~TokenFlights() = default;

  /// For the owner's destructor: stops and waits for the flight, and drops who waits without blocking.
  void close() noexcept;
  [[nodiscard]] const OwnProcess& process() const noexcept { return process_; }
  [[nodiscard]] const Executor& executor() const noexcept { return callbacks_->executor(); }

  /// Tries what may be repeated for as long as the caller waits.
  Result<GivenToken> token(const TokenSourceOptions& options, const std::stop_token& stop);
  std::optional<Token> token_at_hand(const TokenSourceOptions& options);
  void token_async(const TokenSourceOptions& options, std::stop_token stop,
                   std::function<void(Result<Token>)> done);
  Result<void> revoke(const std::stop_token& stop);
  void revoke_async(std::stop_token stop, std::function<void(Result<void>)> done);
  /// Of the record as it is now: another process may have signed in anew.
  Result<SigningKey> key_of(const SecretHalf& half, const std::stop_token& stop);
  std::optional<Token> take_unkept();
  [[nodiscard]] const std::string& session_name() const noexcept { return name_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Flight;
  class Waiter;
  class TokenWaiter;
  class RevocationWaiter;
  friend class TokenWaiter;
  friend class RevocationWaiter;

  // With the mutex held. Nothing: wait until `joined` has landed, and ask again.
  std::optional<Result<GivenToken>> next(const TokenSourceOptions& options, std::shared_ptr<Flight>& joined);
  std::optional<Result<void>> next_revocation(std::shared_ptr<Flight>& joined, std::shared_ptr<Flight>& own);
  Result<GivenToken> ask(const TokenSourceOptions& options, const std::stop_token& stop);
  // With the mutex held.
  std::optional<GivenToken> at_hand(const TokenSourceOptions& options);
  std::optional<GivenToken> remembered(const TokenSourceOptions& options);
  std::optional<GivenToken> cached(const TokenSourceOptions& options);
  [[nodiscard]] bool has_unkept_for(const TokenSourceOptions& options, const Flight* joined) const;
  Result<void> take_off(std::shared_ptr<Flight> flight);

  void fly(const std::shared_ptr<Flight>& own);
  void renew_in(Flight& flight);
  void revoke_in(Flight& flight);

  using Waiters = std::list<std::shared_ptr<Waiter>>;  // moving one from list to list needs no memory
  void add(std::shared_ptr<Waiter> waiter, std::stop_token stop);
  void tell_news() noexcept;
  void serve();
  bool await_news(Waiters& waiters, Clock::time_point until);
  Waiters take_ready(Waiters& waiters, Clock::time_point& next_time);

  const OwnProcess process_ = {};
  const std::shared_ptr<Callbacks> callbacks_;
  Result<Session> session_;
  std::string name_ = {};
  KeptClient client_ = {};  // the flight's alone
  std::mutex mutex_ = {};   // held, too, while a file of the session is read
  std::condition_variable_any changed_ = {};
  std::shared_ptr<Flight> flight_ = {};  // under way; else nullptr
  std::thread thread_ = {};
  std::shared_ptr<const SecretHalf> last_ = {};
  std::optional<Token> unkept_ = {};
  // For the serving thread. Nobody waits for anything with this mutex, so that nobody waits long for it.
  std::mutex waiting_mutex_ = {};
  std::condition_variable news_ = {};
  Waiters arrived_ = {};
  std::thread server_ = {};
  bool is_closed_ = false;
  bool has_news_ = false;
  std::mutex key_mutex_ = {};
  SigningKey key_ = {};  // for DPoP, as read last, and where it came from
  std::string key_file_ = {};
  Secret key_text_ = {};
};

}  // namespace oauth_token
