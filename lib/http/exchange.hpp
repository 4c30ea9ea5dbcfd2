#pragma once

#include "http/connection.hpp"
#include "http/response_reader.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/secret.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace oauth_token::http {

/// The request as the bytes of HTTP/1.1 (RFC 9112). Class `usage` for a method, header or authorization that
/// would break out of its line.
Result<SecretBuffer> write_request(const HttpRequest& request, const Url& url);

/// One request and its response over one connection, as a machine that goes on wherever it stopped: call
/// `advance` until it gives a result, and `Connection::wait` in between.
class Exchange {
 public:
  Exchange(Connection& connection, SecretBuffer message, bool to_head_request);

  /// Goes as far as it can without blocking.
  std::optional<Result<HttpResponse>> advance();
  [[nodiscard]] bool wants_to_send() const noexcept { return connected_ && !sending_is_over(); }
  [[nodiscard]] bool is_connecting() const noexcept { return !connected_; }
  [[nodiscard]] Sent sent() const noexcept;
  /// Of the response, once its head is there; else 0.
  [[nodiscard]] int status() const noexcept { return reader_.status(); }
  /// After an error: what came of the response's body.
  Secret take_cut_body() { return reader_.take().body; }
  /// What it is waiting for, e.g. "while waiting for the answer".
  [[nodiscard]] std::string_view stage() const;
  /// After a response: whether the connection may carry another exchange.
  [[nodiscard]] bool connection_is_reusable() const noexcept;

 private:
  void send();
  std::optional<Result<HttpResponse>> receive();
  Result<HttpResponse> ended();
  [[nodiscard]] bool sending_is_over() const noexcept { return is_sent_ || sending_failed_; }

  Connection& connection_;
  SecretBuffer message_;
  ResponseReader reader_;
  std::size_t position_ = 0;
  bool connected_ = false;
  bool is_sent_ = false;
  bool sending_failed_ = false;
};

}  // namespace oauth_token::http
