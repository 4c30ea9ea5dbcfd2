#pragma once

#include <string>

#include <sys/stat.h>

namespace oauth_token::cli {

/// The folder that a file of that name is in; "." for a bare name.
std::string folder_of(const std::string& path);

/// Whether it belongs to the effective user or to root.
bool is_ours(const struct stat& status) noexcept;
/// Whether anybody but its owner and root can change it: write to a file, put another file in the place of
/// one in a folder. In a folder with the sticky bit only owners can do that.
bool others_may_change(const struct stat& status) noexcept;
/// Whether that is a regular file which its group or everybody can read.
bool others_may_read(const std::string& path) noexcept;

}  // namespace oauth_token::cli
