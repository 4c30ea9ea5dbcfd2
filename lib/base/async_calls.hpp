#pragma once

#include "base/callbacks.hpp"
#include "base/guarded.hpp"
#include "base/own_process.hpp"
#include "base/worker.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/executor.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <semaphore>
#include <stop_token>
#include <utility>

namespace oauth_token {

/// Makes `..._async` calls of blocking ones, as executor.hpp promises: they run one after another on a thread
/// of their owner's, and their callbacks where the executor says, else on a second thread. In a forked
/// child the owner must leave it alone, see OwnedHere.
class AsyncCalls {
 public:
  explicit AsyncCalls(Executor executor);
  AsyncCalls(const AsyncCalls&) = delete;
  AsyncCalls& operator=(const AsyncCalls&) = delete;
  AsyncCalls(AsyncCalls&&) = delete;
  AsyncCalls& operator=(AsyncCalls&&) = delete;
  /// As `close`.
  ~AsyncCalls();

  /// Error::reason of what is told to the caller of work that goes on without it.
  static constexpr const char* goes_on = "goes-on";

  /// What becomes of work that goes on after a stop request, e.g. since it keeps what was issued.
  enum class Patience { ends_soon, may_be_left_behind };

  /// `work` gets a token that is stopped with `stop` and with the owner, and must then end within 100 ms. One
  /// that may be left behind goes on without its caller, who is told so; the owner's end waits for it.
  template <class T>
  void start(std::function<Result<T>(std::stop_token)> work, std::stop_token stop,
             std::function<void(Result<T>)> done, Patience patience = Patience::ends_soon);

  /// For the owner's destructor: drops what has not begun, and stops and waits for what runs.
  void close() noexcept;

 private:
  template <class T>
  struct Call;

  const OwnProcess process_ = {};
  const Executor executor_;
  std::stop_source ending_ = {};
  std::shared_ptr<Worker> courier_;
  std::shared_ptr<Callbacks> callbacks_;
  std::shared_ptr<Worker> worker_;
};

template <class T>
struct AsyncCalls::Call : std::enable_shared_from_this<Call<T>> {
  OwnProcess process = {};
  std::shared_ptr<Callback<T>> callback = {};
  std::function<Result<T>(std::stop_token)> work = {};
  std::shared_ptr<Worker> courier = {};
  std::stop_source stop = {};
  Patience patience = Patience::ends_soon;
  std::atomic<bool> begun = false;
  std::binary_semaphore over{0};
  std::optional<std::stop_callback<std::function<void()>>> on_stop = {};

  void run(const std::stop_token& ending) {
    if (begun.exchange(true)) return;
    const std::stop_callback end(ending, [this] { stop.request_stop(); });
    auto result =
        unless_it_throws("The call failed", [&] { return std::exchange(work, nullptr)(stop.get_token()); });
    over.release();
    callback->finish(std::move(result));
  }

  // What waits in the queue is told at once; what runs hears it for itself, and knows more.
  void cancel() {
    if (!process.is_this()) return;
    stop.request_stop();
    if (!begun.exchange(true))
      answer(fail(ErrorClass::interrupted, "Interrupted before it was begun."));
    else if (patience == Patience::may_be_left_behind)
      (void)courier->run([self = this->shared_from_this()] { self->leave_behind(); });
  }

  // What hears the stop request ends in that time, and knows more.
  void leave_behind() {
    if (over.try_acquire_for(std::chrono::milliseconds(50))) return;
    callback->finish(fail(Error{.error_class = ErrorClass::interrupted,
                                .message = "Interrupted; what was issued is being kept in the background.",
                                .reason = goes_on,
                                .sent = Sent::yes}));
  }

  // On the calling thread only where no other can be started.
  void answer(Result<T> result) {
    work = nullptr;  // it may hold a password
    const auto shared = std::make_shared<Result<T>>(std::move(result));
    if (!courier->run([to = callback, shared] { to->finish(std::move(*shared)); }))
      callback->finish(std::move(*shared));
  }
};

template <class T>
void AsyncCalls::start(std::function<Result<T>(std::stop_token)> work, std::stop_token stop,
                       std::function<void(Result<T>)> done, Patience patience) {
  if (auto here = process_.check(); !here)
    return refuse_in_child(executor_, [done = std::move(done), error = here.error()] { done(fail(error)); });
  // `done` may destroy the owner before this returns: from here on nothing of it is touched.
  const auto worker = worker_;
  const auto ending = ending_.get_token();
  const auto call = std::make_shared<Call<T>>();
  call->callback = std::make_shared<Callback<T>>(callbacks_, std::move(done));
  call->work = std::move(work);
  call->courier = courier_;
  call->patience = patience;
  call->on_stop.emplace(std::move(stop), [weak = call->weak_from_this()] {
    if (const auto cancelled = weak.lock()) cancelled->cancel();
  });
  auto queued = worker->run([call, ending] { call->run(ending); });
  if (!queued && !call->begun.exchange(true)) call->answer(fail(std::move(queued.error())));
}

}  // namespace oauth_token
