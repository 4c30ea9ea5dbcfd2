#include "commands.hpp"
#include "output/report.hpp"
#include "profile/profile_file.hpp"
#include "profile/profile_secret.hpp"
#include "profile/profile_settings.hpp"

#include <oauth_token/exit_status.hpp>

#include <utility>

namespace oauth_token::cli {
namespace {

// First the secret: a profile that is gone would leave nothing to find it by.
Result<void> erase_secret(Context& context, const Settings& settings, const ProfileFile& file,
                          const Profile& profile) {
  if (!has_secret_in_keyring(profile) || shares_secret(file, profile)) return {};
  auto of_profile = profile_settings(settings, profile, file.path);
  if (!of_profile) return fail(std::move(of_profile.error()));
  const auto secret = ProfileSecret::open(context, *of_profile);
  auto erased = secret ? secret->erase() : Result<void>(fail(secret.error()));
  if (!erased) {
    erased.error().message = "The client secret cannot be erased from the keyring: " + erased.error().message;
    erased.error().hint +=
        (erased.error().hint.empty() ? "" : " ") +
        std::string(
            "The profile is still there; to "
            "leave the secret where it is, remove \"client-secret-in-keyring\" from it by hand first.");
  }
  return erased;
}

}  // namespace

Result<int> run_profile_remove(Context& context, const Settings& settings) {
  const std::string& name = settings.operands.front();
  if (auto named = check_profile_is_named(name); !named) return fail(std::move(named.error()));
  const std::string path = config_path(settings.value("config"));
  const auto file = read_profiles(path, settings.given("config"), profile_key_names);
  if (!file) return fail(file.error());
  const Profile* const profile = file->find(name);
  if (profile == nullptr) return fail(no_such_profile(*file, name, false));
  if (auto erased = erase_secret(context, settings, *file, *profile); !erased)
    return fail(std::move(erased.error()));
  if (auto removed = remove_profile(path, name, profile_key_names); !removed)
    return fail(std::move(removed.error()));
  note(context, "Removed profile \"" + name + "\" from " + path + ".");
  return exit_done;
}

}  // namespace oauth_token::cli
