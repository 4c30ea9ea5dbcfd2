#include "base/async_calls.hpp"

namespace oauth_token {
namespace {

Executor executor_or(const std::shared_ptr<Worker>& courier, Executor given) {
  if (given) return given;
  return [courier](const std::function<void()>& work) {
    if (!courier->run(work)) guarded_alone(work);
  };
}

}  // namespace

AsyncCalls::AsyncCalls(Executor executor)
    : executor_(std::move(executor)),
      courier_(std::make_shared<Worker>()),
      callbacks_(std::make_shared<Callbacks>(executor_or(courier_, executor_))),
      worker_(std::make_shared<Worker>()) {}

AsyncCalls::~AsyncCalls() { close(); }

void AsyncCalls::close() noexcept {
  if (!process_.is_this()) return;
  callbacks_->close();
  ending_.request_stop();
  worker_->close();
  courier_->close();
}

}  // namespace oauth_token
