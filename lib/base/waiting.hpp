#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <stop_token>

#include <poll.h>

namespace oauth_token {

/// Owns a descriptor. -1: none.
class Descriptor {
 public:
  Descriptor() noexcept = default;
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  [[nodiscard]] int get() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }
  int release() noexcept;
  void close() noexcept;

 private:
  int number_ = -1;
};

using Deadline = std::chrono::steady_clock::time_point;

/// `time` after `start`, less than none being none; what no clock reaches is for ever.
template <class Rep, class Period>
Deadline later(Deadline start, std::chrono::duration<Rep, Period> time) noexcept {
  using Time = std::chrono::duration<Rep, Period>;
  const auto longest = std::chrono::duration_cast<Time>(Deadline::max() - start);
  return time < longest ? start + std::max(time, Time::zero()) : Deadline::max();
}

/// From now on, one after the other.
template <class... Times>
Deadline deadline_after(Times... times) noexcept {
  Deadline deadline = Deadline::clock::now();
  ((deadline = later(deadline, times)), ...);
  return deadline;
}

/// For poll(2) and its like: 0 for the past, an hour for all that is further off.
int milliseconds_until(Deadline deadline) noexcept;

enum class Wake { ready, deadline, stopped };

/// poll(2) that a stop token can end at once.
class Waiting {
 public:
  explicit Waiting(std::stop_token stop);
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  Waiting(Waiting&&) = delete;
  Waiting& operator=(Waiting&&) = delete;
  ~Waiting() = default;

  /// At most six descriptors; negative ones are passed over. No deadline: waits for a person.
  Wake wait(std::span<pollfd> on, std::optional<Deadline> deadline) const;
  [[nodiscard]] bool stop_requested() const noexcept { return stop_.stop_requested(); }

 private:
  struct Signal {
    int descriptor;
    void operator()() const noexcept;
  };
  std::stop_token stop_;
  Descriptor wake_up_;
  std::optional<std::stop_callback<Signal>> callback_;
};

}  // namespace oauth_token
