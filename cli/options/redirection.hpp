#pragma once

#include "profile/profile_file.hpp"
#include "settings.hpp"

#include <oauth_token/error.hpp>

namespace oauth_token::cli {

/// A variable may name another server than the profile, but not send the profile's secrets there: `config`.
Result<void> check_redirection(const Settings& settings, const Profile& profile);

/// Tokens go to the endpoints for introspection and revocation: a variable may not lead them away from the
/// server in force, unless to where the profile says. `config`.
Result<void> check_endpoints(const Settings& settings, const Profile& profile);

}  // namespace oauth_token::cli
