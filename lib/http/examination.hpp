#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <chrono>
#include <stop_token>
#include <string_view>

namespace oauth_token::http {

/// See oauth_token::examine_server.
Result<ServerConnection> examine_server(const TransportOptions& options, std::string_view url,
                                        std::chrono::steady_clock::time_point deadline, std::stop_token stop);

}  // namespace oauth_token::http
