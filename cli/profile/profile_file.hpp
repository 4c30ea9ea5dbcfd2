#pragma once

#include <oauth_token/error.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oauth_token::cli {

/// One [profiles.NAME]: the values by key, as text. Booleans are "true" and "false", integers decimal; a
/// single value is a list of one.
struct Profile {
  std::string name = {};
  std::map<std::string, std::vector<std::string>, std::less<>> values = {};
  std::map<std::string, int, std::less<>> lines = {};  ///< where in the file each key is, for messages
  int line = 0;
};

/// The configuration file, read.
struct ProfileFile {
  std::string path = {};
  std::vector<Profile> profiles = {};  ///< in the order of the file

  /// Nothing when there is no such profile. Valid while this object lives.
  [[nodiscard]] const Profile* find(std::string_view name) const noexcept;
};

/// `flag` (--config) where it is not empty, else $XDG_CONFIG_HOME/oauth-token/config.toml, else
/// ~/.config/oauth-token/config.toml. A relative XDG_CONFIG_HOME is ignored. Empty when neither is known.
std::string config_path(const std::string& flag);

/// The names that a profile may hold; asked for only where there is a file.
using KnownKeys = std::vector<std::string> (*)();

/// Reads and checks the file. A missing file is an error only when `must_exist` (the user named it), else no
/// profiles. All errors are of class `config`: a file that is not safe to use (it must belong to the
/// effective user or root, nobody else may write to it or to its folder), syntax (line and column), unknown
/// keys (the nearest known one), values of another type than string, integer, boolean or array of these, keys
/// that would hold a secret.
Result<ProfileFile> read_profiles(const std::string& path, bool must_exist, KnownKeys known_keys);

/// `usage` for an empty name: most often a variable of the caller's that is not set. It never stands for the
/// profile "default", whose server would get what is meant for another.
Result<void> check_profile_is_named(const std::string& name);

/// That there is no profile of that name, but those there are; `config`. Where none of them was meant, it may
/// be `wanted`: then how it is made.
Error no_such_profile(const ProfileFile& file, const std::string& name, bool wanted = true);

/// Says in the message of `error` that the name in it came from the environment.
Error from_variable(Error error, std::string_view variable);

/// How a value is written.
enum class ValueForm { text, integer, boolean, list };

struct ProfileSetting {
  std::string key = {};
  std::vector<std::string> values = {};  ///< empty: the key is removed
  ValueForm form = ValueForm::text;
};

/// Sets and removes keys of one profile in place; makes file (mode 0600), folder (0700) and profile where
/// they are missing. Every other byte of the file stays: comments, order, line ends. The file is replaced
/// atomically, through a symbolic link if it is one, and only if the new text reads as intended. Errors: as
/// read_profiles, and `config` when the file cannot be written or is written in a form that cannot be edited.
Result<void> set_in_profile(const std::string& path, const std::string& profile,
                            const std::vector<ProfileSetting>& settings, KnownKeys known_keys);

/// Removes the profile in the same way; `config` when there is none of that name.
Result<void> remove_profile(const std::string& path, const std::string& profile, KnownKeys known_keys);

}  // namespace oauth_token::cli
