#pragma once

#include "context.hpp"
#include "settings.hpp"

#include <oauth_token/http.hpp>

#include <functional>

namespace oauth_token::cli {

/// What -v and --dry-run wrap a transport into: the one shows requests and answers without secrets, the other
/// is sending_nothing. Empty without them. `context` must outlive the transport.
std::function<Transport(Transport)> tracing(Context& context, const Settings& settings);

}  // namespace oauth_token::cli
