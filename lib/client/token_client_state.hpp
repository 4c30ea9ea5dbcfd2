#pragma once

#include "base/own_process.hpp"
#include "client/client_core.hpp"

#include <oauth_token/token_client.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>

namespace oauth_token {

class AsyncClient;

struct TokenClient::State {
  explicit State(TokenClientOptions options)
      : core(new ClientCore(std::move(options)), DeleteInOwnProcess<ClientCore>()) {}

  /// Of `..._async`, see executor.hpp.
  template <class T>
  void start(std::shared_ptr<ClientCall<T>> call, std::stop_token stop, std::function<void(Result<T>)> done);

  const std::shared_ptr<ClientCore> core;
  std::once_flag async_made = {};
  std::shared_ptr<AsyncClient> async = {};  // made on first use
};

}  // namespace oauth_token
