#pragma once

#include "http/connection.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace oauth_token::http {

/// Connections that wait for their next exchange. All of them are of one Network, so an origin says which
/// fit. Thread-safe.
class Pool {
 public:
  /// A connection to `origin` that was used within the last `idle` and is still quiet; else nothing.
  std::unique_ptr<Connection> take(const std::string& origin, std::chrono::milliseconds idle);
  /// Only after an exchange that left the connection reusable.
  void keep(std::string origin, std::unique_ptr<Connection> connection);
  /// One that is kept, and is not to be used any more.
  void drop(const Connection& connection);

 private:
  struct Kept {
    std::string origin;
    std::unique_ptr<Connection> connection;
    std::chrono::steady_clock::time_point since;
  };

  std::mutex mutex_;
  std::vector<Kept> kept_;  // oldest first
};

}  // namespace oauth_token::http
