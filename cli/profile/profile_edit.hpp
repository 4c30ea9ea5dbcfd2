#pragma once

#include "profile_file.hpp"

#include <oauth_token/error.hpp>

#include <string>
#include <vector>

namespace oauth_token::cli {

/// The configuration's text with keys of one profile set and removed; every other byte stays. Pure; `path` is
/// for messages. Checked by reading the result: `config` when it would not read as intended, e.g. since the
/// profiles stand in braces.
Result<std::string> text_with_settings(std::string text, const std::string& path, const std::string& profile,
                                       const std::vector<ProfileSetting>& settings);

/// The text without that profile; comments above and below it stay. `config` when there is none.
Result<std::string> text_without_profile(std::string text, const std::string& path,
                                         const std::string& profile);

}  // namespace oauth_token::cli
