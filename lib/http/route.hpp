#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <string>

namespace oauth_token::http {

/// The way to a server, as libcurl takes it.
struct Route {
  std::string proxy = {};     ///< URL; empty: none
  std::string no_proxy = {};  ///< hosts that are reached without it
};

/// Which ways are allowed. The environment is read once, when a transport is made: so all its connections to
/// one origin take the same way.
class Routes {
 public:
  explicit Routes(const TransportOptions& options);

  /// Refused with class `insecure`: plain http to another machine, unless the options allow it. Plain http to
  /// this machine never goes through a proxy. Class `config`: a proxy that is none.
  [[nodiscard]] Result<Route> to(const Url& url) const;

 private:
  bool allow_http_;
  std::string https_proxy_;
  std::string http_proxy_;
  std::string no_proxy_;
};

}  // namespace oauth_token::http
