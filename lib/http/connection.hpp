#pragma once

#include "http/route.hpp"
#include "http/trust.hpp"

#include <oauth_token/client_certificate.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace oauth_token::http {

/// What the connections of one transport share: trust, ways, the client's certificate, names looked up and
/// TLS sessions to resume. Since all of them have the same authorities, verification, proxies and
/// certificate, host and port tell one TLS session from another. Thread-safe.
struct Network {
  static Result<std::shared_ptr<const Network>> open(const TransportOptions& options);

  std::shared_ptr<const Trust> trust;
  Routes routes;
  ClientCertificate certificate;
  std::chrono::milliseconds connect_timeout;
  std::shared_ptr<void> share;  ///< libcurl's
};

/// What became of a try to send or receive.
struct Transfer {
  enum class Outcome { moved, again, closed, broken };
  Outcome outcome = Outcome::again;
  std::size_t count = 0;  ///< bytes, for `moved`
};

/// A connection to one server, perhaps through a proxy, perhaps with TLS on it: libcurl's up to the first
/// byte of HTTP. Nothing but `wait` ever blocks. One thread at a time, but for `wake`.
class Connection {
 public:
  static Result<std::unique_ptr<Connection>> start(std::shared_ptr<const Network> network, const Url& url,
                                                   std::chrono::steady_clock::time_point deadline);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Before the first `connect`: `describe` will be asked.
  void examine() noexcept;
  /// Of a connection that is there.
  [[nodiscard]] ServerConnection describe() const;

  /// One step of connecting; nothing on a connection that is there already. True: done.
  Result<bool> connect();
  Transfer send(std::string_view bytes);
  Transfer receive(char* where, std::size_t size);
  /// Why the last `send` or `receive` was `closed` or `broken`.
  [[nodiscard]] Error failure() const;
  /// What a connection that is not yet there is waiting for, e.g. "while looking up the name".
  [[nodiscard]] std::string_view stage() const;
  /// When connecting must be done.
  [[nodiscard]] std::chrono::steady_clock::time_point connect_deadline() const noexcept;

  /// Blocks until there is something to do, `until` has come or `wake` is called.
  void wait(bool to_send, std::chrono::steady_clock::time_point until);
  /// Ends a `wait`, the present one or the next. From any thread.
  void wake() noexcept;

 private:
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace oauth_token::http
