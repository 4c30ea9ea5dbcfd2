#include "base/worker.hpp"

#include "base/guarded.hpp"
#include "base/own_process.hpp"

#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

namespace oauth_token {
namespace {

// New threads inherit the mask.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;
  ~AllSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

Result<std::thread> start_thread(std::function<void()> work) {
  const AllSignalsBlocked blocked;
  try {
    return std::thread(std::move(work));
  } catch (const std::system_error& error) {
    return fail(ErrorClass::internal, std::string("No thread can be started: ") + error.what() + ".",
                "Raise this user's limits of processes (ulimit -u) and of memory (ulimit -v).");
  }
}

void end_thread(std::thread thread) noexcept {
  if (!thread.joinable()) return;
  if (thread.get_id() == std::this_thread::get_id()) {
    thread.detach();
  } else {
    thread.join();
  }
}

// The thread shares it, so that a job may destroy the worker.
struct Worker::Queue {
  OwnProcess process = {};
  std::mutex mutex = {};
  std::condition_variable changed = {};
  std::deque<std::function<void()>> jobs = {};
  bool closed = false;
  std::thread thread = {};

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return closed || !jobs.empty(); });
      if (closed) return;
      {
        const std::function<void()> job = std::move(jobs.front());
        jobs.pop_front();
        lock.unlock();
        guarded_alone(job);
      }
      lock.lock();
    }
  }
};

Worker::Worker() : queue_(new Queue, DeleteInOwnProcess<Queue>()) {}
Worker::~Worker() { close(); }

Result<void> Worker::run(std::function<void()> job) {
  const auto queue = queue_;  // the job may destroy the worker before this returns
  if (auto here = queue->process.check(); !here) return here;
  const std::lock_guard lock(queue->mutex);
  if (queue->closed) return {};
  if (!queue->thread.joinable()) {
    auto thread = start_thread([queue] { queue->work(); });
    if (!thread) return fail(std::move(thread.error()));
    queue->thread = std::move(*thread);
  }
  queue->jobs.push_back(std::move(job));
  queue->changed.notify_one();
  return {};
}

void Worker::close() noexcept {
  if (!queue_->process.is_this()) return;
  std::deque<std::function<void()>> dropped;
  std::thread thread;
  {
    const std::lock_guard lock(queue_->mutex);
    queue_->closed = true;
    dropped.swap(queue_->jobs);
    thread.swap(queue_->thread);
  }
  queue_->changed.notify_all();
  end_thread(std::move(thread));
}

}  // namespace oauth_token
