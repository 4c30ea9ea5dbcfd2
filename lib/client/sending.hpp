#pragma once

#include "base/guarded.hpp"

#include <oauth_token/http.hpp>

#include <stop_token>
#include <utility>

namespace oauth_token {

/// Asks a transport that may be the application's: how far it came when it threw, nobody knows.
inline Result<HttpResponse> send_by(const Transport& transport, const HttpRequest& request,
                                    std::stop_token stop) {
  auto response = guarded("transport", transport, request, std::move(stop));
  if (!response && response.error().reason == "thrown") response.error().sent = Sent::maybe;
  return response;
}

}  // namespace oauth_token
