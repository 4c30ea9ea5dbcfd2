#pragma once

#include "profile_file.hpp"

#include <oauth_token/json.hpp>

namespace oauth_token::cli {

/// The profile as one JSON object: its name and its keys, with lists, numbers and truth values as such.
void write_profile(json::Writer& out, const Profile& profile);

}  // namespace oauth_token::cli
