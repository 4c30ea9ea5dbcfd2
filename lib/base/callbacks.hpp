#pragma once

#include "base/guarded.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/executor.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace oauth_token {

class Callbacks;

/// What `Callbacks` sees of a callback: a link of the chain of those that have not begun.
class PendingCallback {
 public:
  PendingCallback(const PendingCallback&) = delete;
  PendingCallback& operator=(const PendingCallback&) = delete;

 protected:
  explicit PendingCallback(std::shared_ptr<Callbacks> owner) noexcept : owner_(std::move(owner)) {}
  virtual ~PendingCallback() = default;
  /// When all of it is made: from then on another thread may close the owner.
  void chain() noexcept;
  /// Before anything of it is destroyed.
  void unchain() noexcept;

  std::shared_ptr<Callbacks> owner_;

 private:
  friend class Callbacks;
  /// The application's function, to be destroyed by whoever takes it.
  virtual std::shared_ptr<const void> take_done() = 0;

  PendingCallback* before_ = nullptr;
  PendingCallback* after_ = nullptr;
  bool is_chained_ = false;
};

/// The callbacks that one object has promised: where they run, and whether they may. Thread-safe.
class Callbacks {
 public:
  /// `executor` empty: each runs on the thread that finishes it.
  explicit Callbacks(Executor executor) : executor_(std::move(executor)) {}

  /// For the owner's destructor: from now on none begins, those that have not are destroyed, and those that
  /// run on other threads are waited for.
  void close() noexcept;
  [[nodiscard]] const Executor& executor() const noexcept { return executor_; }

  /// Before a callback. False: it must not run; else it is followed by a Running.
  bool begin(PendingCallback& callback);
  /// As long as a callback runs, even where it throws.
  class Running {
   public:
    explicit Running(Callbacks& owner) noexcept : owner_(owner) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { owner_.end(); }

   private:
    Callbacks& owner_;
  };

 private:
  friend class PendingCallback;
  bool unchain(PendingCallback& callback) noexcept;  // with the mutex held
  void end() noexcept;

  const Executor executor_;
  std::mutex mutex_ = {};
  std::condition_variable ended_ = {};
  bool closed_ = false;
  PendingCallback* first_ = nullptr;
  std::vector<std::thread::id> running_ = {};
};

/// One promise to call `done`: once, where the owner's executor says, and only while the owner lives.
template <class T>
class Callback final : public PendingCallback, public std::enable_shared_from_this<Callback<T>> {
 public:
  using Done = std::function<void(Result<T>)>;

  Callback(std::shared_ptr<Callbacks> owner, Done done)
      : PendingCallback(std::move(owner)), done_(std::move(done)) {
    chain();
  }
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() override { unchain(); }

  /// The first result counts, others are dropped. The calling thread must be the library's own: without an
  /// executor, or with one that throws, `done` runs before this returns.
  void finish(Result<T> result) {
    {
      const std::lock_guard lock(mutex_);
      if (result_) return;
      result_.emplace(std::move(result));
    }
    const auto self = this->shared_from_this();
    if (const Executor& executor = owner_->executor(); executor && hand_to(executor)) return;
    guarded_alone([this] { call(); });
  }

  [[nodiscard]] bool is_finished() {
    const std::lock_guard lock(mutex_);
    return result_.has_value();
  }

 private:
  // False: it threw.
  bool hand_to(const Executor& executor) {
    return guarded("executor", executor, [self = this->shared_from_this()] { self->call(); }).has_value();
  }

  void call() {
    if (!owner_->begin(*this)) return;
    const Callbacks::Running running(*owner_);
    const Done done = std::exchange(done_, nullptr);
    done(std::move(*result_));
  }

  std::shared_ptr<const void> take_done() override {
    return std::make_shared<Done>(std::exchange(done_, nullptr));
  }

  Done done_;
  std::mutex mutex_ = {};
  std::optional<Result<T>> result_ = {};
};

/// For the child after a fork, where the owner's threads, mutexes and executor's thread are not: a thread of
/// its own calls `done` with the error, through the executor if there is one.
void refuse_in_child(const Executor& executor, std::function<void()> done);

}  // namespace oauth_token
