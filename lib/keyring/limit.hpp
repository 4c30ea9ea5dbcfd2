#pragma once

#include <oauth_token/error.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace oauth_token {

/// Ends a call when its time is used up or a stop is requested. While a dialog is open the time stands still;
/// the person has `dialog_time`.
class Limit {
 public:
  enum class End { none, time, stop };
  static constexpr std::chrono::seconds dialog_time{120};

  /// `end` is called at most once, from any thread, and not after the destructor.
  Limit(std::chrono::milliseconds time, std::stop_token stop, std::function<void()> end);
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;
  Limit(Limit&&) = delete;
  Limit& operator=(Limit&&) = delete;
  ~Limit();

  /// `internal` when no thread could be started that watches the time.
  [[nodiscard]] Result<void> check() const;
  [[nodiscard]] End ended() const;
  void dialog_opened();
  void dialog_closed();

 private:
  using Clock = std::chrono::steady_clock;

  void end(End how);
  void watch();

  const std::function<void()> call_end_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Clock::time_point until_;
  Clock::duration left_before_dialog_{};
  End end_ = End::none;
  bool done_ = false;
  std::stop_callback<std::function<void()>> on_stop_;
  Result<std::thread> timer_;
};

}  // namespace oauth_token
