#pragma once

#include "http/loop.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <chrono>
#include <memory>
#include <stop_token>
#include <string_view>

namespace oauth_token {

/// What the HTTP module exports.
struct HttpModule {
  const char* version;
  Result<Transport> (*make_transport)(const TransportOptions& options);
  Result<Url> (*parse_url)(std::string_view text);
  Result<ServerConnection> (*examine_server)(const TransportOptions& options, std::string_view url,
                                             std::chrono::steady_clock::time_point deadline,
                                             std::stop_token stop);
  Result<std::shared_ptr<http::Loop>> (*make_loop)();
  bool (*keep_secret_page)(char* page) noexcept;
};

}  // namespace oauth_token

extern "C" const oauth_token::HttpModule* oauth_token_http_module();
