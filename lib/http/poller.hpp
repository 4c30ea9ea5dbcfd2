#pragma once

#include "base/waiting.hpp"

#include <oauth_token/error.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <sys/epoll.h>

namespace oauth_token::http {

/// epoll(7), and a way to end its wait from any thread.
class Poller {
 public:
  struct Event {
    std::uint32_t mark;
    int descriptor;
    bool to_receive;
    bool to_send;
  };

  Result<void> open();
  /// For neither: no more. What is closed should not be watched any longer: after a fork it would stay so,
  /// until it wakes in vain.
  void watch(std::uint32_t mark, int descriptor, bool to_receive, bool to_send);
  /// Nothing is watched for `mark` any longer.
  void forget(std::uint32_t mark) noexcept;
  /// What is ready for whoever watches it; at the latest at `until`. Valid until the next call.
  std::span<const Event> wait(std::chrono::steady_clock::time_point until);
  /// Ends a `wait`, the present one or the next. From any thread.
  void wake() const noexcept;

 private:
  struct Watched {
    std::uint32_t mark = 0;
    std::uint32_t events = 0;  // 0: not watched
    std::uint32_t number = 0;  // tells what is watched from what had that descriptor before
  };
  static constexpr std::size_t most_events = 64;

  bool begin() noexcept;

  Descriptor epoll_ = {};
  Descriptor wake_up_ = {};
  std::uint32_t last_number_ = 0;
  std::vector<Watched> watched_ = {};  // by descriptor
  std::array<epoll_event, most_events> ready_ = {};
  std::array<Event, most_events> events_ = {};
};

}  // namespace oauth_token::http
