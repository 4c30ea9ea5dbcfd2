#pragma once

#include "context.hpp"
#include "options/settings.hpp"

#include <oauth_token/client_settings.hpp>
#include <oauth_token/error.hpp>

namespace oauth_token::cli {

/// Writes into `client` where its secret and the passphrases of its keys come from: files and commands.
/// Errors as choose_place.
Result<void> add_secret_sources(const Context& context, const Settings& settings, ClientSettings& client);

/// Those that came as variables are taken out of `context`, and for a passphrase that nothing gives a person
/// is asked. `context` outlives `run`.
Result<void> add_secrets_of_this_run(Context& context, const Settings& settings, ClientRunOptions& run);

/// What flags and variables name for this run takes the place of what a session says itself.
Result<void> add_secrets_over_session(const Context& context, const Settings& settings,
                                      ClientRunOptions& run);

}  // namespace oauth_token::cli
