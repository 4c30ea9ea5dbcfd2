#include "session/token_waiter.hpp"

#include "base/guarded.hpp"
#include "base/waiting.hpp"
#include "base/worker.hpp"
#include "session/policy.hpp"

#include <algorithm>
#include <utility>

namespace oauth_token {

class TokenFlights::TokenWaiter final : public Waiter {
 public:
  TokenWaiter(const TokenSourceOptions& options, std::shared_ptr<Callback<Token>> callback)
      : options_(options), deadline_(deadline_after(options.wait)), callback_(std::move(callback)) {}

  bool is_ready(TokenFlights& flights, Clock::time_point now) override {
    result_ = unless_it_throws("No token can be given", [&] { return result(flights, now); });
    return result_.has_value();
  }

  void deliver() override { callback_->finish(std::move(*result_)); }
  void refuse(Error error) override { callback_->finish(fail(std::move(error))); }

 private:
  std::optional<Result<Token>> result(TokenFlights& flights, Clock::time_point now) {
    if (!flights.session_) return fail(flights.session_.error());
    if (is_stopped && !flights.has_unkept_for(options_, joined_.get())) return interrupted();
    if (not_before > now) return std::nullopt;
    auto given = flights.next(options_, joined_);
    if (!given) return std::nullopt;
    if (*given) return std::move((*given)->token);
    if (may_be_repeated(given->error())) {
      const auto again = now + pause_before(attempt_++, given->error());
      if (again <= deadline_) {
        not_before = again;
        return std::nullopt;
      }
    }
    return fail(std::move(given->error()));
  }

  [[nodiscard]] Result<Token> interrupted() const {
    return fail(ErrorClass::interrupted, joined_
                                             ? "Interrupted during a renewal; it goes on in the background."
                                         : attempt_ > 0 ? "Interrupted while waiting for the server."
                                                        : "Interrupted.");
  }

  const TokenSourceOptions options_;
  const Clock::time_point deadline_;
  const std::shared_ptr<Callback<Token>> callback_;
  int attempt_ = 0;
  std::shared_ptr<Flight> joined_ = {};
  std::optional<Result<Token>> result_ = {};
};

class TokenFlights::RevocationWaiter final : public Waiter {
 public:
  explicit RevocationWaiter(std::shared_ptr<Callback<void>> callback) : callback_(std::move(callback)) {}

  bool is_ready(TokenFlights& flights, Clock::time_point) override {
    result_ = unless_it_throws("The session cannot be revoked", [&] { return result(flights); });
    return result_.has_value();
  }

  void deliver() override {
    if (stopped_) stopped_->stop.request_stop();
    callback_->finish(std::move(*result_));
  }
  void refuse(Error error) override { callback_->finish(fail(std::move(error))); }

 private:
  std::optional<Result<void>> result(TokenFlights& flights) {
    if (!flights.session_) return fail(flights.session_.error());
    if (!is_stopped) return flights.next_revocation(joined_, own_);
    stopped_ = own_;
    return interrupted_revocation(own_ != nullptr);
  }

  const std::shared_ptr<Callback<void>> callback_;
  std::shared_ptr<Flight> joined_ = {};
  std::shared_ptr<Flight> own_ = {};
  std::shared_ptr<Flight> stopped_ = {};
  std::optional<Result<void>> result_ = {};
};

void TokenFlights::token_async(const TokenSourceOptions& options, std::stop_token stop,
                               std::function<void(Result<Token>)> done) {
  if (auto here = process_.check(); !here)
    return refuse_in_child(executor(), [done = std::move(done), error = here.error()] { done(fail(error)); });
  auto callback = std::make_shared<Callback<Token>>(callbacks_, std::move(done));
  add(std::make_shared<TokenWaiter>(options, std::move(callback)), std::move(stop));
}

void TokenFlights::revoke_async(std::stop_token stop, std::function<void(Result<void>)> done) {
  if (auto here = process_.check(); !here)
    return refuse_in_child(executor(), [done = std::move(done), error = here.error()] { done(fail(error)); });
  add(std::make_shared<RevocationWaiter>(std::make_shared<Callback<void>>(callbacks_, std::move(done))),
      std::move(stop));
}

void TokenFlights::add(std::shared_ptr<Waiter> waiter, std::stop_token stop) {
  const auto self = shared_from_this();  // `done` may let it go before this returns
  // Before anybody sees it: one that is stopped already must begin nothing.
  waiter->on_stop.emplace(std::move(stop),
                          [flights = weak_from_this(), weak = std::weak_ptr<Waiter>(waiter)] {
                            const auto ours = flights.lock();
                            const auto stopped = weak.lock();
                            if (!ours || !stopped || !ours->process_.is_this()) return;
                            stopped->is_stopped = true;
                            ours->tell_news();
                          });
  std::optional<Error> refusal;
  {
    const std::lock_guard lock(waiting_mutex_);
    if (is_closed_) return;
    if (!server_.joinable()) {
      auto thread = start_thread([self] { self->serve(); });
      thread ? server_.swap(*thread) : void(refusal = std::move(thread.error()));
    }
    if (!refusal) arrived_.push_back(waiter);
  }
  refusal ? waiter->refuse(std::move(*refusal)) : tell_news();
}

void TokenFlights::tell_news() noexcept {
  const std::lock_guard lock(waiting_mutex_);
  has_news_ = true;
  news_.notify_one();
}

void TokenFlights::serve() {
  Waiters waiters;
  auto next_time = Clock::time_point::max();
  while (await_news(waiters, next_time))
    for (const auto& waiter : take_ready(waiters, next_time)) waiter->deliver();
}

// False: it is over.
bool TokenFlights::await_news(Waiters& waiters, Clock::time_point until) {
  std::unique_lock lock(waiting_mutex_);
  const auto is_news = [this] { return has_news_ || is_closed_; };
  if (until == Clock::time_point::max())
    news_.wait(lock, is_news);
  else
    news_.wait_until(lock, until, is_news);
  has_news_ = false;
  waiters.splice(waiters.end(), arrived_);
  return !is_closed_;
}

TokenFlights::Waiters TokenFlights::take_ready(Waiters& waiters, Clock::time_point& next_time) {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  Waiters ready;
  next_time = Clock::time_point::max();
  for (auto next = waiters.begin(); next != waiters.end();) {
    const auto waiter = next++;
    if ((*waiter)->is_ready(*this, now))
      ready.splice(ready.end(), waiters, waiter);
    else if ((*waiter)->not_before > now)
      next_time = std::min(next_time, (*waiter)->not_before);
  }
  return ready;
}

}  // namespace oauth_token
