#pragma once

#include "options/settings.hpp"
#include "profile_file.hpp"

#include <oauth_token/error.hpp>

#include <string>

namespace oauth_token::cli {

/// The settings as a profile alone gives them, each value checked; options that are no keys of profiles are
/// as in `run`. `path` is the configuration file's. Errors are of class `config`.
Result<Settings> profile_settings(const Settings& run, const Profile& profile, const std::string& path);

/// Checks what can be known without asking the server: URLs, client authentication, headers, parameters, what
/// is for a server on this machine only. Errors are of class `usage` or `config`.
Result<void> check_profile(const Context& context, const Settings& profile);

}  // namespace oauth_token::cli
