#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

namespace oauth_token::http {

/// See oauth_token::make_transport.
Result<Transport> make_transport(const TransportOptions& options);

}  // namespace oauth_token::http
