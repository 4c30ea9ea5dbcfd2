#pragma once

#include "base/own_process.hpp"
#include "http/network.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace oauth_token::http {

/// What became of a try to send or receive.
struct Transfer {
  enum class Outcome { moved, again, closed, broken };
  Outcome outcome = Outcome::again;
  std::size_t count = 0;  ///< bytes, for `moved`
};

/// Waits for many connections at once, and tells them apart by marks of its own.
class Watcher {
 public:
  /// From now on `descriptor` is watched so; for neither: no more.
  virtual void watch(std::uint32_t mark, int descriptor, bool to_receive, bool to_send) = 0;
  /// When `Connection::connect` is to be called even if nothing happens; takes the place of the last time.
  virtual void call_at(std::uint32_t mark, std::chrono::steady_clock::time_point when) = 0;
  /// The connection is no more, nor is any descriptor watched for it: they may be closed.
  virtual void forget(std::uint32_t mark) = 0;

 protected:
  ~Watcher() = default;
};

/// A connection to one server, perhaps through a proxy, perhaps with TLS on it: libcurl's up to the first
/// byte of HTTP. Nothing but `wait` ever blocks. One thread at a time, but for `wake`.
class Connection {
 public:
  /// `watcher`, if any, must outlive it, and is told what to wait for; else `wait` is there.
  static Result<std::unique_ptr<Connection>> start(std::shared_ptr<const Network> network, const Url& url,
                                                   std::chrono::steady_clock::time_point deadline,
                                                   Watcher* watcher = nullptr, std::uint32_t mark = 0);
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
  /// The watcher's word about a descriptor, before `connect` is called.
  void is_ready(int descriptor, bool to_receive, bool to_send) noexcept;
  /// Whether the watcher is to wait until more can be sent, beside receiving; nothing while connecting.
  void watch_sending(bool to_send);
  [[nodiscard]] std::uint32_t mark() const noexcept;

  /// Ends a `wait`, the present one or the next. From any thread.
  void wake() noexcept;

 private:
  struct State;
  explicit Connection(State* state);
  OwnedHere<State> state_;
};

}  // namespace oauth_token::http
