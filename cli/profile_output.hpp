#pragma once

#include "profile_file.hpp"

#include <oauth_token/secret.hpp>

namespace oauth_token::cli {

/// The profile as one JSON object: its name and its keys, with lists, numbers and truth values as such.
void append_profile(SecretBuffer& out, const Profile& profile);

}  // namespace oauth_token::cli
