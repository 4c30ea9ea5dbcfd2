#pragma once

// What tests of ..._async calls wait with.

#include <oauth_token/error.hpp>
#include <oauth_token/executor.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <stop_token>
#include <utility>

namespace world {

/// Blocks until it is stopped, as a slow command does.
inline tl::unexpected<oauth_token::Error> wait_for_stop(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait(lock, stop, [] { return false; });
  return oauth_token::fail(oauth_token::ErrorClass::interrupted, "It heard the stop request.");
}

/// A result that somebody waits for.
template <class T>
struct Awaited {
  std::promise<oauth_token::Result<T>> promise = {};
  std::future<oauth_token::Result<T>> future = promise.get_future();

  std::function<void(oauth_token::Result<T>)> done() {
    return [this](oauth_token::Result<T> result) { promise.set_value(std::move(result)); };
  }
  oauth_token::Result<T> get() { return future.get(); }
  bool is_there() { return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
};

/// The thread of an application's windows, which runs what it is given when it is asked to.
struct Window {
  std::mutex mutex = {};
  std::condition_variable more = {};
  std::deque<std::function<void()>> queue = {};

  oauth_token::Executor executor() {
    return [this](std::function<void()> work) {
      const std::lock_guard lock(mutex);
      queue.push_back(std::move(work));
      more.notify_one();
    };
  }
  void run_one() {
    std::unique_lock lock(mutex);
    more.wait(lock, [this] { return !queue.empty(); });
    const auto work = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    work();
  }
};

}  // namespace world
