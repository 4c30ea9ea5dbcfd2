#include "sign_in_hint.hpp"

#include "profile_file.hpp"
#include "record_output.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oauth_token::cli {
namespace {

/// The word as a shell reads it back.
std::string shell_word(std::string_view word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_@%+=:,./-").find(c) != std::string_view::npos;
  });
  if (plain) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// Puts together the command line that makes the session again.
class SignInCommand {
 public:
  /// `profile`: the one of the session's name, if there is one.
  SignInCommand(const Profile* profile, const SessionRecord& record) : profile_(profile), record_(record) {}

  std::string text() {
    const bool password = record_.grant_type == "password";
    text_ = password ? "oauth-token password" : "oauth-token request " + shell_word(record_.grant_type);
    if (profile_ != nullptr) text_ += " " + record_.name;
    add_client();
    add("username", record_.username);
    add_list("scope", record_.scope);
    add_list("resource", record_.resource);
    std::vector<std::string> parameters;
    for (const auto& [name, value] : record_.parameters) {
      parameters.push_back(name);
      parameters.back().append("=").append(value);
    }
    add_list("param", parameters);
    if (record_.store != "keyring") add("store", record_.store);
    add("store-key-file", record_.store_key_file);
    const bool named = password && (profile_ != nullptr || record_.name == "default");
    return named ? text_ : text_ + " --session " + record_.name;
  }

 private:
  [[nodiscard]] bool says(OptionName name, const std::vector<std::string>& values) const {
    if (profile_ == nullptr) return false;
    const auto said = profile_->values.find(name.option().name);
    return said != profile_->values.end() && said->second == values;
  }

  void add(OptionName name, const std::string& value) {
    if (!value.empty()) add_list(name, {value});
  }

  void add_list(OptionName name, const std::vector<std::string>& values) {
    if (says(name, values)) return;
    for (const std::string& value : values)
      text_ += " --" + std::string(name.option().name) + " " + shell_word(value);
  }

  void add_client() {
    const ClientSettings& client = record_.client;
    if (client.issuer.empty()) {
      add("token-endpoint", client.token_endpoint);
      add("introspection-endpoint", client.introspection_endpoint);
      add("revocation-endpoint", client.revocation_endpoint);
    } else {
      add("issuer", client.issuer);
    }
    add("client-id", client.client_id);
    if (client.client_auth == "client_secret_post")
      add("client-auth", client.client_auth);  // else the default
    if (client.basic_encoding == BasicEncoding::raw) add("basic-encoding", "raw");
    if (const auto* const file = std::get_if<SecretFile>(&client.client_secret))
      add("client-secret-file", file->path);
    if (const auto* const command = std::get_if<SecretCommand>(&client.client_secret))
      add("client-secret-command", command->command);
    if (const auto* const file = std::get_if<SecretFile>(&client.client_assertion))
      add("client-assertion-file", file->path);
    if (const auto* const command = std::get_if<SecretCommand>(&client.client_assertion))
      add("client-assertion-command", command->command);
    add("cacert", client.ca_file);
  }

  const Profile* profile_;
  const SessionRecord& record_;
  std::string text_ = {};
};

std::vector<std::string> names_of_sessions() {
  std::vector<std::string> names;
  if (const auto folder = SessionFolder::open())
    if (const auto records = folder->list())
      for (const SessionRecord& record : *records) names.push_back(record.name);
  return names;
}

/// No profiles where the file cannot be read: the commands that need it say why.
ProfileFile profiles_for_hint(const Settings& settings) {
  auto file = read_profiles(config_path(settings.value("config")), false, profile_key_names());
  return file ? std::move(*file) : ProfileFile();
}

std::vector<std::string> names_of_profiles(const Settings& settings) {
  std::vector<std::string> names;
  for (const Profile& profile : profiles_for_hint(settings).profiles) names.push_back(profile.name);
  return names;
}

std::string nearest_of(const std::string& name, const std::vector<std::string>& names) {
  const std::vector<std::string_view> words(names.begin(), names.end());
  return std::string(nearest(name, words));
}

}  // namespace

Error with_sign_in_command(Error error, const Settings& settings, const SessionRecord& record) {
  if (error.error_class != ErrorClass::reauthenticate) return error;
  const ProfileFile file = profiles_for_hint(settings);
  error.hint = "Sign in again: " + SignInCommand(file.find(record.name), record).text();
  return error;
}

Error explain_missing_session(Error error, const Settings& settings) {
  if (error.reason != "absent") return error;
  const std::string& name = settings.session;
  const std::vector<std::string> sessions = names_of_sessions();
  const std::vector<std::string> profiles = names_of_profiles(settings);
  const std::string session = nearest_of(name, sessions);
  const std::string profile = nearest_of(name, profiles);
  const bool is_profile = profile == name;

  std::string hint;
  if (!session.empty() && !is_profile) hint += "Did you mean \"" + session + "\"? ";
  hint += sessions.empty() ? "There are no sessions yet. " : "There are: " + joined(sessions, ", ") + ". ";
  // Nobody named it, perhaps.
  hint += name == "default" && !sessions.empty() ? "Name one of them, or sign in with: " : "Sign in with: ";
  if (!profile.empty() && (is_profile || session.empty()))
    hint += "oauth-token password " + shell_word(profile);
  else if (name == "default" && !profiles.empty())
    hint += "oauth-token password PROFILE (the profiles: " + joined(profiles, ", ") + ")";
  else
    hint += "oauth-token password --session " + name;
  if (!profile.empty() && !is_profile && session.empty())
    hint = "Did you mean the profile \"" + profile + "\"? " + hint;
  error.hint = std::move(hint);
  return error;
}

}  // namespace oauth_token::cli
