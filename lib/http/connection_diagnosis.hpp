#pragma once

#include "http/route.hpp"
#include "http/trust.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <string>
#include <string_view>

namespace oauth_token::http {

/// What libcurl and the system know about a connection that failed.
struct ConnectionFailure {
  int code = 0;               ///< CURLcode; 0: the other side closed
  std::string_view text;      ///< libcurl's sentence
  int os_error = 0;           ///< errno; 0: unknown
  long proxy_status = 0;      ///< of the proxy's answer to CONNECT; 0: none
  long port = 0;              ///< that was connected to, the proxy's perhaps; 0: none
  bool is_connected = false;  ///< the failure came later
  bool is_in_handshake = false;
  bool is_answered = false;  ///< the server sent something of HTTP before
};

/// One sentence and a hint for it; class `network`, `timeout`, `tls` or `internal`.
Error explain(const ConnectionFailure& failure, const Url& url, const Route& route, const Trust& trust,
              const TlsReport& tls);

/// Of a proxy's URL, without the user name and password that it may hold.
std::string host_of_proxy(std::string_view proxy);

}  // namespace oauth_token::http
