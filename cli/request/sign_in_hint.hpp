#pragma once

#include "options/settings.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/session.hpp>

namespace oauth_token::cli {

/// For an error of class `reauthenticate` about a session: the hint becomes the command that signs in anew,
/// with what the session was signed in with as far as the profile of its name does not say it. Others stay.
Error with_sign_in_command(Error error, const Settings& settings, const SessionRecord& record);

/// For the error that there is no session of the name in `settings`: what was probably meant, the sessions
/// there are, and the command that signs in. Other errors stay.
Error explain_missing_session(Error error, const Settings& settings);

}  // namespace oauth_token::cli
