#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

/// An application's own thread for what blocks.
class Worker {
 public:
  void run(std::function<void()> job) {
    ++open_;
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    more_.notify_one();
  }
  [[nodiscard]] bool is_idle() const { return open_ == 0; }

 private:
  void work(const std::stop_token& stop) {
    for (;;) {
      std::unique_lock lock(mutex_);
      if (!more_.wait(lock, stop, [this] { return !jobs_.empty(); })) return;
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      job = {};
      --open_;
    }
  }

  std::atomic<int> open_ = 0;
  std::mutex mutex_ = {};
  std::condition_variable_any more_ = {};
  std::deque<std::function<void()>> jobs_ = {};
  std::jthread thread_{[this](const std::stop_token& stop) { work(stop); }};
};
