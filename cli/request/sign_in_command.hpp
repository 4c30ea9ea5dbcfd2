#pragma once

#include "options/settings.hpp"
#include "profile/profile_file.hpp"

#include <oauth_token/session.hpp>

#include <string>

namespace oauth_token::cli {

/// The command line that makes the session of `record` again, with what its profile does not say. A profile
/// that says what no option can take back is left out. What a record does not hold is missing: variables,
/// and the parameters that are secrets. A proxy's user and password are for the person to fill in.
std::string sign_in_command(const Settings& run, const ProfileFile& file, const SessionRecord& record);

/// The word as a shell reads it back.
std::string shell_word(std::string_view word);

}  // namespace oauth_token::cli
