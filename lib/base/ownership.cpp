#include "base/ownership.hpp"

#include <unistd.h>

namespace oauth_token {
namespace {

std::string of_another(const struct stat& status) {
  return "it belongs to user id " + std::to_string(status.st_uid);
}

std::string_view either(std::string_view advice, std::string_view usual) {
  return advice.empty() ? usual : advice;
}

}  // namespace

tl::unexpected<Error> unsafe_to_use(const std::string& place, const std::string& why,
                                    std::string_view advice) {
  return fail(ErrorClass::config, place + " is not safe to use: " + why + ".", std::string(advice));
}

Result<void> check_own_folder(const struct stat& status, const std::string& place, std::string_view advice) {
  if (status.st_uid != ::geteuid())
    return unsafe_to_use(place, of_another(status),
                         either(advice, "Run as that user, or choose another folder."));
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    const bool is_shared = (status.st_mode & S_ISVTX) != 0;  // as /tmp is, which chmod would take from all
    const std::string usual =
        is_shared ? "Choose a folder of your own, " + place + "/NAME perhaps." : "Run: chmod 700 " + place;
    return unsafe_to_use(place, "other users can write to it", either(advice, usual));
  }
  return {};
}

Result<void> check_own_file(const struct stat& status, const std::string& place, std::string_view advice) {
  if (S_ISLNK(status.st_mode)) return unsafe_to_use(place, "it is a link", either(advice, "Remove it."));
  if (!S_ISREG(status.st_mode))
    return unsafe_to_use(place, "it is no regular file", either(advice, "Remove it."));
  if (status.st_uid != ::geteuid())
    return unsafe_to_use(place, of_another(status), either(advice, "Remove it."));
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return unsafe_to_use(place, "other users can use it",
                         either(advice, "If nobody did, run: chmod 600 " + place));
  return {};
}

}  // namespace oauth_token
