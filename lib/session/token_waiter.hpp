#pragma once

#include "base/callbacks.hpp"
#include "session/token_flights.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/token.hpp>
#include <oauth_token/token_source.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

namespace oauth_token {

/// One renewal or revocation, shared by all who ask while it is under way.
struct TokenFlights::Flight {
  /// Of a renewal that has landed.
  [[nodiscard]] bool answers(const TokenSourceOptions& wanted) const;

  TokenSourceOptions options = {};
  std::stop_source stop = {};  // requested without the mutex: it calls functions of the application's
  bool is_revocation = false;
  bool landed = false;
  Renewed renewed = {};
  Result<void> revoked = {};
};

/// Somebody who asked without blocking.
class TokenFlights::Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  Waiter(Waiter&&) = delete;
  Waiter& operator=(Waiter&&) = delete;
  virtual ~Waiter() = default;

  /// With the mutex held. True: `deliver` is next, without it.
  virtual bool is_ready(TokenFlights& flights, Clock::time_point now) = 0;
  virtual void deliver() = 0;
  /// In place of both.
  virtual void refuse(Error error) = 0;

  Clock::time_point not_before = Clock::time_point::min();
  std::atomic<bool> is_stopped = false;
  std::optional<std::stop_callback<std::function<void()>>> on_stop = {};
};

/// The pause after a failure, before what may be repeated is.
std::chrono::steady_clock::duration pause_before(int attempt, const Error& error);

tl::unexpected<Error> interrupted_revocation(bool has_begun);

}  // namespace oauth_token
