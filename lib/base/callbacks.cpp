#include "base/callbacks.hpp"

#include "base/worker.hpp"

#include <algorithm>
#include <atomic>

namespace oauth_token {

void PendingCallback::chain() noexcept {
  const std::lock_guard lock(owner_->mutex_);
  is_chained_ = true;
  after_ = owner_->first_;
  if (after_ != nullptr) after_->before_ = this;
  owner_->first_ = this;
}

void PendingCallback::unchain() noexcept {
  const std::lock_guard lock(owner_->mutex_);
  owner_->unchain(*this);
}

bool Callbacks::unchain(PendingCallback& callback) noexcept {
  if (!std::exchange(callback.is_chained_, false)) return false;
  (callback.before_ != nullptr ? callback.before_->after_ : first_) = callback.after_;
  if (callback.after_ != nullptr) callback.after_->before_ = callback.before_;
  return true;
}

bool Callbacks::begin(PendingCallback& callback) {
  const std::lock_guard lock(mutex_);
  if (closed_ || !unchain(callback)) return false;
  running_.push_back(std::this_thread::get_id());
  return true;
}

void Callbacks::end() noexcept {
  const std::lock_guard lock(mutex_);
  running_.erase(std::find(running_.begin(), running_.end(), std::this_thread::get_id()));
  if (closed_) ended_.notify_all();
}

void Callbacks::close() noexcept {
  std::vector<std::shared_ptr<const void>> dropped;  // destroyed without the lock: they are not ours
  std::unique_lock lock(mutex_);
  closed_ = true;
  while (first_ != nullptr) {
    dropped.push_back(first_->take_done());
    unchain(*first_);
  }
  const auto is_other = [self = std::this_thread::get_id()](std::thread::id one) { return one != self; };
  ended_.wait(lock, [&] { return std::none_of(running_.begin(), running_.end(), is_other); });
}

void refuse_in_child(const Executor& executor, std::function<void()> done) {
  const auto refuse = [executor, done = std::move(done)] {
    const auto begun = std::make_shared<std::atomic<bool>>(false);
    const auto once = [begun, done] {
      if (!begun->exchange(true)) done();
    };
    if (!executor || !guarded("executor", executor, once)) guarded_alone(once);
  };
  auto thread = start_thread(refuse);
  thread ? thread->detach() : refuse();
}

}  // namespace oauth_token
