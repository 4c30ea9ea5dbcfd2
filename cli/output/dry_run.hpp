#pragma once

#include "context.hpp"
#include "options/settings.hpp"

#include <oauth_token/client_settings.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token_client.hpp>

#include <functional>
#include <string_view>

namespace oauth_token::cli {

/// Stands for what --dry-run does not ask a person, a server or a keyring for.
inline constexpr std::string_view stand_in = "stand-in";

/// A transport that shows each request and sends none. A request for an issuer's metadata is answered with
/// stand-ins, so that what follows can be shown too; any other fails. `context` must outlive it.
Transport sending_nothing(Context& context);

/// With --dry-run: puts the stand-in where a client secret is needed that is not given, or is in the keyring.
/// For commands on sessions, where the record says what is needed, show_session_request does so.
void stand_in_for_client_secret(Context& context, const Settings& settings);

/// With --dry-run: a key of this run where the session's own, for DPoP, would be made or read.
Result<void> stand_in_for_dpop_key(const ClientSettings& client, ClientRunOptions& run);

/// Makes one request.
using SendRequest = std::function<Result<void>(const TokenClient& client, const SessionRecord& record)>;

/// --dry-run of a command on a session: what `send` would send.
Result<int> show_session_request(Context& context, const Settings& settings, const SendRequest& send);

}  // namespace oauth_token::cli
