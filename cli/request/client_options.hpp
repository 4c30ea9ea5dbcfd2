#pragma once

#include "context.hpp"
#include "options/settings.hpp"

#include <oauth_token/client_settings.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/session.hpp>

#include <optional>
#include <vector>

namespace oauth_token::cli {

/// What weakens a connection may stand in a profile for servers on this machine only: `config` when the
/// profile holds such a flag and an endpoint of `client` is elsewhere.
Result<void> check_loopback_only(const Settings& settings, const ClientSettings& client);

/// The server and client that the settings name, for a new request.
Result<ClientSettings> client_settings(const Context& context, const Settings& settings);

/// What holds for this run. Takes the client secret's variable out of `context`.
Result<ClientRunOptions> run_options(Context& context, const Settings& settings);

KeyringOptions keyring_options(const Context& context, const Settings& settings);

/// Both together, for sessions.
Result<SessionOptions> session_options(Context& context, const Settings& settings);

/// The text of OAUTH_TOKEN_STORE_KEY, unless --store-key-file on the command line takes its place.
std::optional<Secret> store_key(const Context& context, const Settings& settings);

/// The records of all sessions there are, as SessionFolder::list has them; none where there is no folder yet.
Result<std::vector<SessionRecord>> stored_sessions();

/// Opens the session that the settings name. `usage` when flag, variable or profile say another server or
/// client, or flag or variable another user, scope or resource, than it was signed in with. Where there is
/// none: `reauthenticate` for `token`, `refresh` and `exec`, else `usage`.
Result<Session> open_session(const Settings& settings, SessionOptions given);

}  // namespace oauth_token::cli
