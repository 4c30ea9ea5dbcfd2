#pragma once

#include "context.hpp"
#include "settings.hpp"

#include <oauth_token/error.hpp>

namespace oauth_token::cli {

/// What `token` and `refresh` do: the session's token, renewed where it is old or `renew_now` says so; or a
/// token by the refresh token that the caller keeps.
Result<int> renew_and_print(Context& context, const Settings& settings, bool renew_now);

}  // namespace oauth_token::cli
