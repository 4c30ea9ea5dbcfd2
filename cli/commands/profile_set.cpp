#include "commands.hpp"
#include "options/nearest.hpp"
#include "output/report.hpp"
#include "profile/profile_file.hpp"
#include "profile/profile_secret.hpp"
#include "profile/profile_settings.hpp"
#include "request/client_options.hpp"

#include <oauth_token/exit_status.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/secret_source.hpp>
#include <oauth_token/session.hpp>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace oauth_token::cli {
namespace {

ValueForm form_of(const Option& option) {
  if (option.kind == Kind::list) return ValueForm::list;
  if (option.kind == Kind::flag) return ValueForm::boolean;
  return option.check == Check::seconds || option.check == Check::lifetime ? ValueForm::integer
                                                                           : ValueForm::text;
}

bool is_set(const std::vector<ProfileSetting>& changes, std::string_view key) {
  return std::ranges::any_of(
      changes, [&](const ProfileSetting& change) { return change.key == key && !change.values.empty(); });
}

Result<void> add_removals(const Settings& settings, std::vector<ProfileSetting>& changes) {
  const std::vector<std::string> known = profile_key_names();
  for (const std::string& key : settings.list("unset")) {
    if (std::ranges::find(known, key) == known.end())
      return fail(ErrorClass::usage, "--unset: there is no key \"" + key + "\".",
                  did_you_mean(nearest(key, known), "The keys are the names of the options."));
    if (is_set(changes, key))
      return fail(
          ErrorClass::usage,
          std::string("--").append(key).append(" and --unset ").append(key).append(" exclude each other."),
          "Leave one of them out.");
    changes.push_back({.key = key});
  }
  return {};
}

// A profile names one place for each secret: the new one takes the old one's.
void remove_alternatives(Alternative set, std::string_view kept, std::vector<ProfileSetting>& changes) {
  for (const Option& option : option_table)
    if (option.alternative == set && option.name != kept && option.has(Trait::profile))
      changes.push_back({.key = std::string(option.name)});
}

Result<std::vector<ProfileSetting>> changes_asked_for(const Settings& settings) {
  std::vector<ProfileSetting> changes;
  for (std::size_t i = 0; i < option_count; ++i) {
    const Option& option = option_table[i];
    const Settings::Entry& entry = settings.entries[i];
    if (!option.has(Trait::profile) || entry.origin != Origin::flag) continue;
    changes.push_back({.key = std::string(option.name), .values = entry.values, .form = form_of(option)});
    const Alternative set = option.alternative;
    if (set == Alternative::client_secret || set == Alternative::password ||
        set == Alternative::client_assertion || set == Alternative::signing_key_passphrase ||
        set == Alternative::tls_key_passphrase)
      remove_alternatives(set, option.name, changes);
  }
  if (auto added = add_removals(settings, changes); !added) return fail(std::move(added.error()));
  return changes;
}

Profile changed(const Profile& before, const std::vector<ProfileSetting>& changes) {
  Profile after = before;
  for (const ProfileSetting& change : changes) {
    if (change.values.empty())
      after.values.erase(change.key);
    else
      after.values[change.key] = change.values;
  }
  return after;
}

// Where a client secret for the keyring comes from.
enum class Given { nowhere, variable, standard_input, prompt, prompt_if_possible };

// A person who names a server and a client, and says nothing of how that proves itself.
bool may_have_secret(const Context& context, const Settings& settings, const Profile& after) {
  const auto has = [&](OptionName name) { return after.values.contains(name.option().name.view()); };
  const auto is_named_now = [&](OptionName name) { return settings.origin(name) == Origin::flag; };
  const bool has_proof = std::ranges::any_of(option_table, [&](const Option& option) {
    return option.alternative == Alternative::client_assertion && after.values.contains(option.name.view());
  });
  return has("client-id") && (has("issuer") || has("token-endpoint")) && !has("tls-cert") && !has_proof &&
         (is_named_now("client-id") || is_named_now("issuer") || is_named_now("token-endpoint")) &&
         keyring_options(context, settings).may_prompt;
}

Given secret_given(const Context& context, const Settings& settings, const Profile& after) {
  if (settings.given("client-secret-stdin")) return Given::standard_input;
  if (settings.given("client-secret-prompt")) return Given::prompt;
  const auto has = [&](const char* key) { return after.values.contains(key); };
  if (has("client-secret-file") || has("client-secret-command")) return Given::nowhere;
  if (context.variables.client_secret) return Given::variable;
  const auto method = after.values.find("client-auth");
  const bool needed = method == after.values.end() ? may_have_secret(context, settings, after)
                                                   : method->second.front().starts_with("client_secret_");
  return needed && !has(client_secret_in_keyring) && !context.no_input ? Given::prompt_if_possible
                                                                       : Given::nowhere;
}

// Empty when a person who was asked has none.
Result<Secret> read_client_secret(const Context& context, Given given, Secret variable,
                                  const Settings& profile) {
  if (given == Given::variable) return variable;
  SecretInput input{.kind = client_secret_kind(),
                    .flags = {.standard_input = given == Given::standard_input}};
  input.kind.alternatives = "--client-secret-stdin or the variable OAUTH_TOKEN_CLIENT_SECRET";
  input.kind.instead_of_typing = "Use --client-secret-prompt in place of --client-secret-stdin.";
  const bool optional = given == Given::prompt_if_possible;
  const Question question{.text = "Client secret of " + profile.value("client-id") + ", for the keyring" +
                                  (optional ? " (empty: none)" : "") + ": ",
                          .what = "client secret",
                          .may_be_empty = optional};
  auto secret = read_secret(input, question, context.reading());
  if (!secret && optional && secret.error().reason == "no-terminal") return Secret();
  return secret;
}

// Why nobody was asked for a secret, and what to do.
std::string not_asked(const Error& error) {
  const std::string start = "No client secret was asked for, since ";
  if (error.error_class == ErrorClass::store)
    return start + "there is no place for it: " + error.message +
           " Use --client-secret-file or --client-secret-command instead.";
  if (error.error_class == ErrorClass::usage)
    return start + "it would belong to nobody: " + error.message + " " + error.hint;
  return start + "the server that it belongs to could not be asked: " + error.message + " " + error.hint +
         (error.hint.empty() ? "" : " ") + "Then run this again.";
}

// Puts the secret into the keyring and notes in `changes` that it is there. The keyring is looked at first,
// so that nobody types in vain.
Result<void> keep_secret(Context& context, Given given, const Settings& profile,
                         std::vector<ProfileSetting>& changes) {
  if (given == Given::nowhere) return {};
  auto variable = std::exchange(context.variables.client_secret, std::nullopt);
  const auto item = ProfileSecret::open(context, profile);
  auto ready = item ? item->probe() : Result<void>(fail(item.error()));
  if (!ready && given == Given::prompt_if_possible) {
    warn(context, not_asked(ready.error()));
    return {};
  }
  if (!ready) {
    if (ready.error().reason == "absent")
      ready.error().hint = "Use --client-secret-file or --client-secret-command instead.";
    return ready;
  }
  auto secret = read_client_secret(context, given, variable ? std::move(*variable) : Secret(), profile);
  if (!secret) return fail(std::move(secret.error()));
  if (secret->empty()) return {};
  if (auto saved = item->save(*secret); !saved) return saved;
  remove_alternatives(Alternative::client_secret, client_secret_in_keyring, changes);
  changes.push_back({.key = client_secret_in_keyring, .values = {"true"}, .form = ValueForm::boolean});
  return {};
}

// The secret in the keyring belongs to the old server and client, and follows them nowhere.
Result<void> check_bound_secret(const Profile& before, const Profile& after, Given given) {
  const bool replaced = given != Given::nowhere && given != Given::prompt_if_possible;
  if (!has_secret_in_keyring(before) || !has_secret_in_keyring(after) || replaced ||
      same_server_and_client(before, after))
    return {};
  return fail(ErrorClass::usage,
              "The client secret of \"" + before.name +
                  "\" in the keyring is bound to its server and client id, which would change.",
              "Add --client-secret-prompt to give the new one, or --unset client-secret-in-keyring.");
}

// A secret that the profile no longer uses is not left behind.
void erase_old_secret(Context& context, const Settings& run, const ProfileFile& file, const Profile& before,
                      const Profile& after) {
  const bool still_used = has_secret_in_keyring(after) && same_secret(before, after);
  if (!has_secret_in_keyring(before) || still_used || shares_secret(file, before)) return;
  auto settings = profile_settings(run, before, file.path);
  const auto item =
      settings ? ProfileSecret::open(context, *settings) : Result<ProfileSecret>(fail(settings.error()));
  const auto erased = item ? item->erase() : Result<void>(fail(item.error()));
  if (!erased)
    warn(context, "The old client secret is still in the keyring, and is not used any more: " +
                      erased.error().message);
}

// The session takes the profile's name, unless another is given.
Result<void> check_new_name(const std::string& name) {
  auto fits = check_session_name(name);
  if (!fits) fits.error().message = "\"" + name + "\" cannot be the name of a profile.";
  return fits;
}

// A profile cannot allow plain http to other machines.
void warn_of_plain_http(const Context& context, const Settings& profile) {
  for (const OptionName name : {OptionName("issuer"), OptionName("token-endpoint"),
                                OptionName("introspection-endpoint"), OptionName("revocation-endpoint")}) {
    const auto url = parse_url(profile.value(name));
    if (url && url->scheme == "http" && !url->is_loopback())
      warn(context, std::string(name.option().name) + " is plain http, which is refused for " + url->host +
                        ": write its https URL, or --allow-http with each command.");
  }
}

tl::unexpected<Error> nothing_to_set(const std::string& profile) {
  return fail(
      ErrorClass::usage, "Nothing is given to set.",
      "For example: oauth-token profile set " + profile + " --issuer https://as.example --client-id app.");
}

}  // namespace

Result<int> run_profile_set(Context& context, const Settings& settings) {
  const std::string& name = settings.operands.front();
  const std::string path = config_path(settings.value("config"));
  const auto file = read_profiles(path, false, profile_key_names);
  if (!file) return fail(file.error());
  auto changes = changes_asked_for(settings);
  if (!changes) return fail(std::move(changes.error()));

  const Profile* const there = file->find(name);
  if (there == nullptr) {
    if (auto fits = check_new_name(name); !fits) return fail(std::move(fits.error()));
  }
  const Profile before = there == nullptr ? Profile{.name = name} : *there;
  Profile after = changed(before, *changes);
  const Given given = secret_given(context, settings, after);
  if (changes->empty() && given == Given::nowhere) return nothing_to_set(name);
  if (auto checked = check_bound_secret(before, after, given); !checked)
    return fail(std::move(checked.error()));

  const auto wanted = profile_settings(settings, after, path);
  if (!wanted) return fail(wanted.error());
  if (auto checked = check_profile(context, *wanted); !checked) return fail(std::move(checked.error()));
  if (auto kept = keep_secret(context, given, *wanted, *changes); !kept) return fail(std::move(kept.error()));
  if (changes->empty()) return nothing_to_set(name);
  if (auto done = set_in_profile(path, name, *changes, profile_key_names); !done)
    return fail(std::move(done.error()));
  warn_of_plain_http(context, *wanted);
  after = changed(before, *changes);
  erase_old_secret(context, settings, *file, before, after);
  note(context, "Wrote profile \"" + name + "\" to " + path + ".");
  return exit_done;
}

}  // namespace oauth_token::cli
