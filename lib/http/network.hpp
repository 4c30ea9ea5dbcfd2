#pragma once

#include "http/route.hpp"
#include "http/trust.hpp"

#include <oauth_token/client_certificate.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <chrono>
#include <memory>

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

}  // namespace oauth_token::http
