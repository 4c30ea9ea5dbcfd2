#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/executor.hpp>

#include <functional>
#include <memory>
#include <thread>

namespace oauth_token {

/// A thread on which no signal handler of the host runs, from its first moment on. `internal` when there is
/// none to be had.
Result<std::thread> start_thread(std::function<void()> work);

/// Waits for the thread, unless it is the one that calls: that one is left to end by itself.
void end_thread(std::thread thread) noexcept;

/// One thread with a queue of jobs, which may block; started with the first of them. Thread-safe.
class Worker {
 public:
  Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  Worker(Worker&&) = delete;
  Worker& operator=(Worker&&) = delete;
  /// As `close`.
  ~Worker();

  /// `internal` when no thread can be started; then the job is dropped.
  Result<void> run(std::function<void()> job);
  /// Drops the jobs that have not begun, and all that come later; waits for the one that runs, unless it is
  /// this job that calls. In a forked child, does nothing.
  void close() noexcept;

 private:
  struct Queue;
  std::shared_ptr<Queue> queue_;
};

}  // namespace oauth_token
