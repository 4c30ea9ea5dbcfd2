#pragma once

#include "context.hpp"
#include "options/settings.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/grant.hpp>

#include <string>
#include <utility>
#include <vector>

namespace oauth_token::cli {

/// The parameters of --param, checked: they hold no secret, and a session remembers them.
Result<std::vector<std::pair<std::string, std::string>>> open_parameters(const Settings& settings);

/// All additional parameters of a request: those of --param, then --param-file (read now), then
/// --prompt-param (asked now; with --dry-run a stand-in).
Result<std::vector<Parameter>> read_parameters(const Context& context, const Settings& settings);
/// The same without those of --param.
Result<std::vector<Parameter>> read_hidden_parameters(const Context& context, const Settings& settings);

/// Whether the password would be asked for, and not come from elsewhere.
Result<bool> password_is_asked(const Context& context, const Settings& settings);

/// The user name, asked for when it is missing; with --dry-run a stand-in.
Result<std::string> read_username(const Context& context, const Settings& settings);

/// The password from the place that counts, else asked for, with the name of the `server` that will get it.
/// `before` stands above the question. With --dry-run nobody is asked: a stand-in.
Result<Secret> read_password(Context& context, const Settings& settings, const std::string& username,
                             const std::string& server, const std::string& before);

/// The refresh token that the caller keeps.
Result<Secret> read_refresh_token(Context& context, const Settings& settings);

}  // namespace oauth_token::cli
