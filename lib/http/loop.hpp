#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <memory>
#include <stop_token>

namespace oauth_token::http {

/// Whoever asked for a request.
class Receiver {
 public:
  virtual ~Receiver() = default;
  /// Once, on the loop's thread; must not block. May destroy the owner of the loop.
  virtual void receive(Result<HttpResponse> result) = 0;
};

/// Sends any number of requests at once, all on one thread of its own: as many over connections of their own
/// as there is room for, the others in their turn. Errors as Transport's. Thread-safe but for `close`.
class Loop {
 public:
  virtual ~Loop() = default;

  /// Before the first request. Reads the trust store: blocks. Errors as make_transport's.
  virtual Result<void> open(const TransportOptions& options) = 0;
  /// Never blocks. An error in place of a request is given to the receiver as it is.
  virtual void send(Result<HttpRequest> request, std::stop_token stop,
                    std::shared_ptr<Receiver> receiver) = 0;
  /// Before the last pointer to it goes. Drops all requests and their receivers, and ends the thread; waits
  /// for that, unless it is the loop's thread that calls.
  virtual void close() noexcept = 0;
};

/// Loads the HTTP module on first use. `internal` when the system has no thread or descriptor left.
Result<std::shared_ptr<Loop>> make_loop();

}  // namespace oauth_token::http
