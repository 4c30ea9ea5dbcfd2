#pragma once

#include "context.hpp"
#include "options/settings.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/session.hpp>

#include <span>
#include <string>

namespace oauth_token::cli {

/// For a session whose client the server refuses, or that has not the secret it needs, or another one: how
/// the client proves itself is fixed at sign-in, so the hint becomes the command that signs in anew. Others
/// stay, and so does what is said of certificates.
Error explain_client_of_session(Error error, const Settings& settings, const SessionRecord& record);

/// The same, and for an error of class `reauthenticate` about a session: the hint becomes the command that
/// signs in anew, with what the session was signed in with as far as the profile of its name does not say it.
Error with_sign_in_command(Error error, const Settings& settings, const SessionRecord& record);

/// The two ways out for a session that is of no use any more, the latter by that command.
std::string give_up_or_sign_in_again(const Settings& settings, const SessionRecord& record);

/// On standard error, for each session that can no longer be renewed: that it is so, and the command that
/// signs in anew.
void note_past_renewal(const Context& context, const Settings& settings,
                       std::span<const SessionRecord> records);

/// For the error that there is no session of the name in `settings`: what was probably meant, the sessions
/// there are, and the command that signs in; `usage` but for `token`, `refresh` and `exec`. Other errors
/// stay.
Error explain_missing_session(Error error, const Settings& settings);

/// Where a session has not the endpoint that is needed: it is fixed at sign-in, so that is where to name it.
/// `else_what`: another way out, behind a comma; may be empty.
Error explain_missing_endpoint(Error error, OptionName endpoint, const std::string& else_what = {});

}  // namespace oauth_token::cli
