#pragma once

#include <oauth_token/executor.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/// The thread of an application's windows: what other threads give it, timers, and lines from standard input.
class Window {
 public:
  using Clock = std::chrono::steady_clock;
  using Work = std::function<void()>;

  Window() = default;
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;
  ~Window() { ::close(wake_); }

  /// From any thread.
  void post(Work work) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
    const std::uint64_t one = 1;
    if (::write(wake_, &one, sizeof one) != sizeof one) std::abort();
  }
  [[nodiscard]] oauth_token::Executor executor() {
    return [this](Work work) { post(std::move(work)); };
  }
  /// From its own thread, as all that follows.
  void after(std::chrono::milliseconds delay, Work work) {
    timers_.emplace(Clock::now() + delay, std::move(work));
  }
  void run_until(const std::function<bool()>& over) {
    while (!over()) turn();
  }
  /// The next line; empty at the end.
  std::string line() {
    std::size_t end = std::string::npos;
    run_until([&] { return (end = input_.find('\n')) != std::string::npos || ended_; });
    std::string first = input_.substr(0, end);
    input_.erase(0, end == std::string::npos ? end : end + 1);
    return first;
  }

 private:
  void turn() {
    std::array<pollfd, 2> ready = {pollfd{wake_, POLLIN, 0}, pollfd{ended_ ? -1 : STDIN_FILENO, POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), until_next_timer()) < 0 && errno != EINTR) std::abort();
    if (ready[0].revents != 0) run_queue();
    if (ready[1].revents != 0) read_input();
    for (auto due = timers_.begin(); due != timers_.end() && due->first <= Clock::now();
         due = timers_.begin()) {
      const Work work = std::move(due->second);
      timers_.erase(due);
      work();
    }
  }

  [[nodiscard]] int until_next_timer() const {
    if (timers_.empty()) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - Clock::now()).count();
    return left < 0 ? 0 : static_cast<int>(left);
  }

  void run_queue() {
    std::uint64_t count = 0;
    if (::read(wake_, &count, sizeof count) != sizeof count) return;
    std::vector<Work> works;
    {
      const std::lock_guard lock(mutex_);
      works.swap(queue_);
    }
    for (auto& work : works) std::exchange(work, {})();
  }

  void read_input() {
    std::array<char, 256> chunk = {};
    const ssize_t count = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (count <= 0)
      ended_ = true;
    else
      input_.append(chunk.data(), static_cast<std::size_t>(count));
  }

  int wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::mutex mutex_ = {};
  std::vector<Work> queue_ = {};
  std::multimap<Clock::time_point, Work> timers_ = {};
  std::string input_ = {};
  bool ended_ = false;
};
