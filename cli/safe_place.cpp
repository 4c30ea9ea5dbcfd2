#include "safe_place.hpp"

#include <unistd.h>

namespace oauth_token::cli {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_ours(const struct stat& status) noexcept {
  return status.st_uid == ::geteuid() || status.st_uid == 0;
}

bool others_may_change(const struct stat& status) noexcept {
  const bool sticky = S_ISDIR(status.st_mode) && (status.st_mode & static_cast<mode_t>(S_ISVTX)) != 0;
  return !sticky && (status.st_mode & static_cast<mode_t>(S_IWGRP | S_IWOTH)) != 0;
}

bool others_may_read(const std::string& path) noexcept {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         (status.st_mode & static_cast<mode_t>(S_IRGRP | S_IROTH)) != 0;
}

}  // namespace oauth_token::cli
