#include "keyring/limit.hpp"

#include "base/worker.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>
#include <stop_token>
#include <utility>

namespace oauth_token {

Limit::Limit(std::chrono::milliseconds time, std::stop_token stop, std::function<void()> end)
    : call_end_(std::move(end)),
      until_(Clock::now() + std::min<std::chrono::milliseconds>(time, std::chrono::hours(24))),
      on_stop_(std::move(stop), [this] { this->end(End::stop); }),
      timer_(start_thread([this] { watch(); })) {}

Limit::~Limit() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_all();
  if (timer_) timer_->join();
}

Result<void> Limit::check() const {
  if (timer_) return {};
  return fail(timer_.error());
}

Limit::End Limit::ended() const {
  const std::lock_guard lock(mutex_);
  return end_;
}

void Limit::dialog_opened() {
  const std::lock_guard lock(mutex_);
  left_before_dialog_ = until_ - Clock::now();
  until_ = Clock::now() + dialog_time;
  changed_.notify_all();
}

void Limit::dialog_closed() {
  const std::lock_guard lock(mutex_);
  until_ = Clock::now() + left_before_dialog_;
  changed_.notify_all();
}

void Limit::end(End how) {
  {
    const std::lock_guard lock(mutex_);
    if (end_ != End::none || done_) return;
    end_ = how;
  }
  call_end_();
}

void Limit::watch() {
  std::unique_lock lock(mutex_);
  while (!done_ && Clock::now() < until_) changed_.wait_until(lock, Clock::time_point(until_));
  lock.unlock();
  end(End::time);
}

}  // namespace oauth_token
