#include "doctor/checks.hpp"
#include "profile/profile_file.hpp"
#include "profile/profile_settings.hpp"
#include "safe_place.hpp"

#include <string>
#include <utility>

#include <unistd.h>

namespace oauth_token::cli {
namespace {

/// What a profile names and no check of servers or stores looks at.
void check_password_file(Examination& run, const Profile& profile, const Settings& settings) {
  const std::string& path = settings.value("password-file");
  if (!others_may_read(path)) return;
  run.list.warning(
      "profile",
      "Profile \"" + profile.name + "\": other users can read " + path + ", which holds the password.",
      "chmod 600 " + path);
}

void check_profiles(Examination& run, const ProfileFile& file) {
  if (run.settings.profile_error) run.failed("profile", *run.settings.profile_error);
  for (const Profile& profile : file.profiles) {
    if (run.settings.profile_error && profile.name == run.settings.profile) continue;
    const auto settings = profile_settings(run.settings, profile, file.path);
    auto checked = settings ? check_profile(run.context, *settings) : fail(settings.error());
    if (settings) check_password_file(run, profile, *settings);
    if (checked) continue;
    checked.error().message = "Profile \"" + profile.name + "\": " + checked.error().message;
    run.failed("profile", std::move(checked.error()));
  }
}

std::string contents(const ProfileFile& file) {
  std::string names;
  for (const Profile& profile : file.profiles) names += (names.empty() ? "" : ", ") + profile.name;
  if (names.empty()) return "no profile";
  return (file.profiles.size() == 1 ? "the profile " : "the profiles ") + names;
}

}  // namespace

void check_configuration(Examination& run) {
  const std::string& named = run.settings.value("config");
  const std::string path = config_path(named);
  if (path.empty())
    return run.list.warning("configuration", "The configuration file is not known, since HOME is not set.",
                            "Set HOME, or use --config FILE.");
  const auto file = read_profiles(path, !named.empty(), profile_key_names);
  if (!file) return run.failed("configuration", file.error());
  if (file->profiles.empty() && ::access(path.c_str(), F_OK) != 0)
    run.list.ok("configuration", "There is no configuration file (" + path + ").");
  else
    run.list.ok("configuration", path + " is safe and well-formed; it holds " + contents(*file) + ".");
  check_profiles(run, *file);
}

}  // namespace oauth_token::cli
