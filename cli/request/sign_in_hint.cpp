#include "sign_in_hint.hpp"

#include "options/nearest.hpp"
#include "output/record_output.hpp"
#include "output/report.hpp"
#include "profile/profile_file.hpp"
#include "request/client_options.hpp"
#include "sign_in_command.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oauth_token::cli {
namespace {

std::vector<std::string> names_of_sessions() {
  std::vector<std::string> names;
  if (const auto records = stored_sessions())
    for (const SessionRecord& record : *records) names.push_back(record.name);
  return names;
}

/// No profiles where the file cannot be read: the commands that need it say why.
ProfileFile profiles_for_hint(const Settings& settings) {
  auto file = read_profiles(config_path(settings.value("config")), false, profile_key_names);
  return file ? std::move(*file) : ProfileFile();
}

std::vector<std::string> names_of_profiles(const Settings& settings) {
  std::vector<std::string> names;
  for (const Profile& profile : profiles_for_hint(settings).profiles) names.push_back(profile.name);
  return names;
}

/// The others have nothing to do with a session that is not there.
bool needs_token(const Command& command) {
  constexpr unsigned groups = static_cast<unsigned>(Group::age) | static_cast<unsigned>(Group::force);
  return (command.groups & groups) != 0;
}

std::string sign_in_hint(const Settings& settings, const ProfileFile& file, const SessionRecord& record) {
  return "Sign in again: " + sign_in_command(settings, file, record);
}

/// Signs in to a session that nothing is known of but its name.
std::string first_sign_in(const Settings& settings, const std::vector<std::string>& profiles) {
  const std::string session = settings.session == "default" ? "" : " --session " + settings.session;
  const auto by_variable = [&](OptionName name) { return settings.origin(name) == Origin::variable; };
  const bool server_is_known = by_variable("issuer") || by_variable("token-endpoint") ||
                               std::find(profiles.begin(), profiles.end(), "default") != profiles.end();
  if (server_is_known) return "oauth-token password" + session;
  if (profiles.empty()) return "oauth-token password --issuer URL --client-id ID" + session;
  return "oauth-token password PROFILE" + session + " (the profiles: " + some_of(profiles) + ")";
}

/// A session is bound to the way in which its client proved itself: no option of this run can mend that.
std::string client_hint(const Error& error, const Settings& settings, SessionRecord record) {
  ClientSettings& client = record.client;
  std::string what;
  if (error.reason == "no-client-secret") {
    what =
        "Give it with --client-secret-file, --client-secret-command or OAUTH_TOKEN_CLIENT_SECRET. Or sign in "
        "again, and the session knows where it is: ";
    client.client_secret = SecretFile{"FILE"};
  } else if (client.client_auth == "none") {
    what = error.reason == "unused" ? "Leave it out, for the session was signed in without one."
                                    : "The session sends no client secret, for it was signed in without one.";
    what += " Has the client one now? Sign in again with it: ";
    client.client_auth = "client_secret_basic";
    client.client_secret = SecretFile{"FILE"};
  } else {
    what = error.reason == "unused"
               ? "Leave it out."
               : "Perhaps the client's secret or key was changed at the server, or has expired.";
    what += " Sign in again if the client is to prove itself in another way: ";
  }
  return what + sign_in_command(settings, profiles_for_hint(settings), record);
}

}  // namespace

Error explain_client_of_session(Error error, const Settings& settings, const SessionRecord& record) {
  const bool by_certificate = record.client.client_auth.ends_with("tls_client_auth");
  const bool refused =
      error.error_class == ErrorClass::client_auth && error.http_status != 0 && !by_certificate;
  const bool at_odds = error.error_class == ErrorClass::config &&
                       (error.reason == "no-client-secret" || error.reason == "unused");
  if (refused || at_odds) error.hint = client_hint(error, settings, record);
  return error;
}

Error with_sign_in_command(Error error, const Settings& settings, const SessionRecord& record) {
  if (error.error_class != ErrorClass::reauthenticate)
    return explain_client_of_session(std::move(error), settings, record);
  error.hint = sign_in_hint(settings, profiles_for_hint(settings), record);
  return error;
}

std::string give_up_or_sign_in_again(const Settings& settings, const SessionRecord& record) {
  return "To give it up: oauth-token forget " + record.name + ". " +
         sign_in_hint(settings, profiles_for_hint(settings), record);
}

void note_past_renewal(const Context& context, const Settings& settings,
                       std::span<const SessionRecord> records) {
  std::optional<ProfileFile> file;  // read once, if at all
  for (const SessionRecord& record : records) {
    if (!is_past_renewal(record)) continue;
    if (!file) file = profiles_for_hint(settings);
    note(context,
         "Session \"" + record.name + "\" cannot be renewed. " + sign_in_hint(settings, *file, record));
  }
}

Error explain_missing_endpoint(Error error, OptionName endpoint, const std::string& else_what) {
  if (error.reason != "no-endpoint") return error;
  error.hint = "Sign in again with --" + std::string(endpoint.option().name) + " URL (or the issuer)" +
               else_what + ".";
  return error;
}

Error explain_missing_session(Error error, const Settings& settings) {
  if (error.reason != "absent") return error;
  const std::string_view command = settings.command->name;
  // A script must be able to tell that a person is to sign in.
  const bool may_sign_in = command == "token" || command == "refresh" || command == "exec";
  if (!may_sign_in) error.error_class = ErrorClass::usage;
  const std::string& name = settings.session;
  const bool by_operand = settings.operands.size() > settings.command->operands_needed;
  if (!by_operand && settings.origin("session") == Origin::variable)
    error = from_variable(std::move(error), "OAUTH_TOKEN_SESSION");
  const std::vector<std::string> sessions = names_of_sessions();
  if (!needs_token(*settings.command)) {
    const std::string there =
        sessions.empty() ? "There are no sessions." : "There are: " + some_of(sessions) + ".";
    const std::string near = did_you_mean(nearest(name, sessions), "");
    error.hint = near.empty() ? there : near + " " + there;
    return error;
  }
  const std::vector<std::string> profiles = names_of_profiles(settings);
  const std::string session = nearest(name, sessions);
  const std::string profile = nearest(name, profiles);
  const bool is_profile = profile == name;

  std::string hint;
  if (!session.empty() && !is_profile) hint += did_you_mean(session, "") + " ";
  hint += sessions.empty() ? "There are no sessions yet. " : "There are: " + some_of(sessions) + ". ";
  // Nobody named it, perhaps.
  hint += name == "default" && !sessions.empty() ? "Name one of them, or sign in with: " : "Sign in with: ";
  hint += !profile.empty() && (is_profile || session.empty()) ? "oauth-token password " + shell_word(profile)
                                                              : first_sign_in(settings, profiles);
  if (!profile.empty() && !is_profile && session.empty())
    hint = did_you_mean("the profile \"", profile, "\"") + " " + hint;
  error.hint = std::move(hint);
  return error;
}

}  // namespace oauth_token::cli
