#include "profile_file.hpp"

#include "base/sentence.hpp"
#include "config_file.hpp"
#include "options/nearest.hpp"
#include "options/options.hpp"
#include "profile_edit.hpp"
#include "toml_profiles.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

namespace oauth_token::cli {
namespace {

std::string absolute_variable(const char* name) {
  const char* const value =
      std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read before any thread starts
  return value != nullptr && value[0] == '/' ? value : "";
}

struct SecretKey {
  std::string_view key;
  std::string_view instead;
};

constexpr SecretKey secret_keys[] = {
    {"password", "Use password-file or password-command, or let the program ask."},
    {"new-password", "Use prompt-param = [\"new_password\"]."},
    {"client-secret",
     "Use client-secret-file or client-secret-command, or let \"oauth-token profile set\" put it into the "
     "keyring."},
    {"refresh-token", "Sign in with \"oauth-token password\": the refresh token is kept in the keyring."},
    {"access-token", "Sign in with \"oauth-token password\": the tokens are kept in the keyring."},
    {"client-assertion", "Use client-assertion-file or client-assertion-command."},
    {"signing-key-passphrase", "Use signing-key-passphrase-file or signing-key-passphrase-command."},
    {"tls-key-passphrase", "Use tls-key-passphrase-file or tls-key-passphrase-command."},
    {"store-key", "Use store-key-file."},
    {"totp", "Use prompt-param = [\"totp\"]."},
    {"otp", "Use prompt-param = [\"otp\"]."},
    {"passcode", "Use prompt-param = [\"passcode\"]."},
};

const SecretKey* secret_key(std::string_view name) {
  std::string dashed(name);
  std::ranges::replace(dashed, '_', '-');
  const auto* const found = std::ranges::find(secret_keys, dashed, &SecretKey::key);
  return found == std::ranges::end(secret_keys) ? nullptr : found;
}

Result<void> check_key(const TomlProfile& profile, const TomlKey& key, const std::string& path,
                       const std::vector<std::string>& known_keys) {
  if (std::ranges::find(known_keys, key.name) != known_keys.end()) return {};
  const std::string where = escape_for_terminal(path) + ", line " + std::to_string(key.line) + ": ";
  if (const SecretKey* const secret = secret_key(key.name))
    return fail(ErrorClass::config,
                where + "the profile " + quote_for_terminal(profile.name) + " holds a secret, " +
                    quote_for_terminal(key.name) + ".",
                "Take it out. " + std::string(secret->instead));
  return fail(ErrorClass::config,
              where + "the profile " + quote_for_terminal(profile.name) + " has an unknown key, " +
                  quote_for_terminal(key.name) + ".",
              did_you_mean(nearest(key.name, known_keys),
                           "The keys are the names of the options, without the dashes."));
}

Result<ProfileFile> profiles_of(std::string_view text, const std::string& path,
                                const std::vector<std::string>& known_keys) {
  auto read = parse_profiles(text, path);
  if (!read) return fail(std::move(read.error()));
  ProfileFile file{.path = path};
  for (TomlProfile& from : read->profiles) {
    Profile profile{.name = from.name, .line = from.line};
    for (TomlKey& key : from.keys) {
      if (auto checked = check_key(from, key, path, known_keys); !checked) return fail(checked.error());
      profile.lines.emplace(key.name, key.line);
      profile.values.emplace(key.name, std::move(key.values));
    }
    file.profiles.push_back(std::move(profile));
  }
  return file;
}

// Reads, lets `edit` change the text, writes: under a lock against another run of this program.
template <class Edit>
Result<void> edit_file(const std::string& path, KnownKeys known_keys, Edit edit) {
  auto file = ConfigFile::open_for_editing(path);
  if (!file) return fail(std::move(file.error()));
  auto text = file->read();
  if (!text) return fail(std::move(text.error()));
  const std::vector<std::string> keys = known_keys();
  if (auto before = profiles_of(*text, path, keys); !before) return fail(std::move(before.error()));
  auto edited = edit(*text);
  if (!edited) return fail(std::move(edited.error()));
  if (auto after = profiles_of(*edited, path, keys); !after) return fail(std::move(after.error()));
  return *edited == *text ? Result<void>() : file->replace(*edited);
}

Result<void> check_writable(const std::string& profile, const std::vector<ProfileSetting>& settings) {
  if (auto named = check_profile_is_named(profile); !named) return named;
  const bool good_name = is_utf8(profile) && escape_for_terminal(profile) == profile;
  if (!good_name)
    return fail(ErrorClass::usage, quote_for_terminal(profile) + " cannot be the name of a profile.",
                "Use letters, digits and . _ @ + -.");
  for (const ProfileSetting& setting : settings)
    for (const std::string& value : setting.values)
      if (!is_utf8(value))
        return fail(ErrorClass::usage,
                    "The value of " + setting.key + " is not UTF-8, as the configuration file must be.");
  return {};
}

}  // namespace

const Profile* ProfileFile::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(profiles, name, &Profile::name);
  return found == profiles.end() ? nullptr : &*found;
}

std::string config_path(const std::string& flag) {
  if (!flag.empty()) return flag;
  std::string folder = absolute_variable("XDG_CONFIG_HOME");
  if (folder.empty()) {
    folder = absolute_variable("HOME");
    if (folder.empty()) return "";
    folder += "/.config";
  }
  return folder + "/oauth-token/config.toml";
}

Result<ProfileFile> read_profiles(const std::string& path, bool must_exist, KnownKeys known_keys) {
  if (path.empty()) return ProfileFile{};
  auto text = read_config_file(path);
  if (!text) return fail(std::move(text.error()));
  if (!*text && must_exist)
    return fail(ErrorClass::config, "The configuration file " + quote_for_terminal(path) + " does not exist.",
                "Check --config.");
  return *text ? profiles_of(**text, path, known_keys()) : ProfileFile{.path = path};
}

Result<void> check_profile_is_named(const std::string& name) {
  if (!name.empty()) return {};
  return fail(ErrorClass::usage, "\"\" cannot be the name of a profile.",
              "Perhaps a variable in the command is not set.");
}

Error no_such_profile(const ProfileFile& file, const std::string& name, bool wanted) {
  std::vector<std::string> names;
  for (const Profile& each : file.profiles) names.push_back(each.name);
  const std::string near = nearest(name, names);
  std::string hint = names.empty() ? "There are none yet" : "There are: " + some_of(names);
  if (near.empty() && wanted)
    hint += "; make it with \"oauth-token profile set " + name + " --issuer URL --client-id ID\"";
  if (!near.empty()) hint = did_you_mean(near, "") + " " + hint;
  const std::string where = file.path.empty() ? "" : " in " + file.path;
  return {.error_class = ErrorClass::config,
          .message = "There is no profile \"" + name + "\"" + where + ".",
          .hint = hint + "."};
}

Error from_variable(Error error, std::string_view variable) {
  insert_before_full_stop(error.message, " (from " + std::string(variable) + ")");
  return error;
}

Result<void> set_in_profile(const std::string& path, const std::string& profile,
                            const std::vector<ProfileSetting>& settings, KnownKeys known_keys) {
  if (auto writable = check_writable(profile, settings); !writable) return writable;
  return edit_file(path, known_keys, [&](const std::string& text) {
    return text_with_settings(text, path, profile, settings);
  });
}

Result<void> remove_profile(const std::string& path, const std::string& profile, KnownKeys known_keys) {
  return edit_file(path, known_keys,
                   [&](const std::string& text) { return text_without_profile(text, path, profile); });
}

}  // namespace oauth_token::cli
