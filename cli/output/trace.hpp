#pragma once

#include "context.hpp"
#include "options/settings.hpp"

#include <oauth_token/http.hpp>

#include <functional>

namespace oauth_token::cli {

/// What -v and --dry-run wrap a transport into: the one shows requests and answers without secrets, the other
/// is sending_nothing. Without them: what shows for how long an answer is waited for, what notes in
/// Context::sent for JSON that there was one, or nothing. `context` must outlive the transport.
std::function<Transport(Transport)> tracing(Context& context, const Settings& settings);

}  // namespace oauth_token::cli
