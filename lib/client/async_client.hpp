#pragma once

#include "base/async_calls.hpp"
#include "base/callbacks.hpp"
#include "base/worker.hpp"
#include "client/client_core.hpp"
#include "http/loop.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

namespace oauth_token {

/// The `..._async` calls of one client: requests go out from the event loop's thread, and whatever blocks
/// before (signing, an assertion's source, the trust store) is done on another one. A transport of the
/// caller's blocks, so it is called there, too. See executor.hpp for what is promised.
class AsyncClient {
 public:
  explicit AsyncClient(std::shared_ptr<ClientCore> core);
  AsyncClient(const AsyncClient&) = delete;
  AsyncClient& operator=(const AsyncClient&) = delete;
  AsyncClient(AsyncClient&&) = delete;
  AsyncClient& operator=(AsyncClient&&) = delete;
  ~AsyncClient();

  template <class T>
  void start(std::shared_ptr<ClientCall<T>> call, std::stop_token stop, std::function<void(Result<T>)> done);

 private:
  template <class T>
  class Operation;
  // What the operations need; they may outlive the client for a moment when one of their callbacks destroys
  // it.
  struct Context {
    Result<void> open(const TransportOptions& options);
    [[nodiscard]] bool is_open() const noexcept { return open_; }

    std::shared_ptr<ClientCore> core;
    std::shared_ptr<http::Loop> loop = {};
    std::shared_ptr<Worker> worker = {};
    std::stop_token ending = {};

   private:
    std::optional<Result<void>> opened_ = {};  // the worker's alone
    std::atomic<bool> open_ = false;
  };

  Result<std::shared_ptr<Context>> context();
  [[nodiscard]] std::shared_ptr<const void> take_slot();

  std::shared_ptr<ClientCore> core_;
  const std::shared_ptr<std::atomic<std::size_t>> pending_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::stop_source ending_ = {};
  std::shared_ptr<Callbacks> callbacks_;
  std::shared_ptr<Worker> worker_;
  std::mutex mutex_ = {};
  std::shared_ptr<Context> context_ = {};
  AsyncCalls blocking_;  // for a transport of the caller's
};

}  // namespace oauth_token
