#pragma once

#include <oauth_token/error.hpp>

#include <string>
#include <string_view>

#include <sys/stat.h>

namespace oauth_token {

/// Class `config`: `place`, for the reason `why`, is nothing to keep a secret in. `advice`: what to do.
tl::unexpected<Error> unsafe_to_use(const std::string& place, const std::string& why,
                                    std::string_view advice);

/// Refuses a folder that belongs to another user or that others can write to. `advice` takes the place of the
/// usual one, which is to choose another folder or to change its rights.
Result<void> check_own_folder(const struct stat& status, const std::string& place,
                              std::string_view advice = {});

/// Refuses what is a link or no regular file, belongs to another user, or can be used by others. `advice` as
/// above; the usual one is to remove the file or to change its rights.
Result<void> check_own_file(const struct stat& status, const std::string& place,
                            std::string_view advice = {});

}  // namespace oauth_token
