#pragma once

#include "http/connection.hpp"
#include "http/exchange.hpp"
#include "http/pool.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/secret.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace oauth_token::http {

/// A request, checked and written, before there is a connection for it.
struct Order {
  static Result<Order> make(const HttpRequest& request);

  /// A kept connection that such a request may use.
  std::unique_ptr<Connection> take_from(Pool& pool) const;
  /// Class `timeout`: it ran out `stage`, e.g. "while waiting for the answer".
  [[nodiscard]] tl::unexpected<Error> is_late(std::string_view stage, bool is_connecting) const;
  [[nodiscard]] tl::unexpected<Error> is_cancelled() const;

  Url url = {};
  std::string origin = {};
  SecretBuffer message = {};
  bool is_sensitive = true;
  bool to_head = false;
  std::chrono::steady_clock::time_point begin = {};
  std::chrono::steady_clock::time_point deadline = {};
  Secret* cut_body = nullptr;
};

/// One request on its way over one connection, whoever waits for that: the blocking transport or the loop.
class Attempt {
 public:
  Attempt(Order order, std::unique_ptr<Connection> connection);
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt() = default;

  /// Goes as far as it can without blocking. A stop request or the end of its time is a result, too.
  std::optional<Result<HttpResponse>> advance(bool stop_requested);
  /// When `advance` is to be called at the latest.
  [[nodiscard]] std::chrono::steady_clock::time_point until() const noexcept;
  [[nodiscard]] bool wants_to_send() const noexcept { return exchange_.wants_to_send(); }
  [[nodiscard]] Connection& connection() noexcept { return *connection_; }
  /// After a response: into the pool with the connection, if it may carry another exchange.
  void keep_in(Pool& pool);

 private:
  std::optional<Result<HttpResponse>> step(bool stop_requested);

  Order order_;
  std::unique_ptr<Connection> connection_;
  Exchange exchange_;
};

/// For whoever asked: whether the request may be sent again.
void judge(Result<HttpResponse>& result, bool is_sensitive);

}  // namespace oauth_token::http
