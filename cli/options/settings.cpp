#include "settings.hpp"

#include "help.hpp"
#include "output/report.hpp"
#include "profile/profile_file.hpp"
#include "redirection.hpp"
#include "value_check.hpp"

#include <oauth_token/signing_key.hpp>

#include <algorithm>
#include <cstring>

namespace oauth_token::cli {
namespace {

std::string place(const Option& option, Origin origin, const std::string& profile) {
  if (origin == Origin::flag) return "--" + std::string(option.name);
  if (origin == Origin::variable) return variable_name(option);
  return std::string(option.name) + " in profile \"" + profile + "\"";
}

/// Fills Settings from the top down: what a higher place gave hides what a lower one says.
class Resolver {
 public:
  Resolver(const Context& context, const char* const* environment)
      : context_(context), environment_(environment) {}

  Result<Settings> resolve(Arguments arguments) {
    settings_.command = arguments.command;
    settings_.operands = std::move(arguments.operands);
    settings_.child = arguments.child;
    for (const auto& [name, value] : arguments.options) {
      if (auto added = add(name, value, Origin::flag, ""); !added) return fail(std::move(added.error()));
    }
    if (auto done = finish(Origin::flag); !done) return fail(std::move(done.error()));
    if (auto done = read_variables(); !done) return fail(std::move(done.error()));
    settings_.caller_keeps_token = caller_keeps_token();
    if (auto named = check_operand(); !named) return fail(std::move(named.error()));
    if (auto done = read_server(); !done) return fail(std::move(done.error()));
    settings_.session = session_name();
    if (auto done = check_session(); !done) return fail(std::move(done.error()));
    if (auto done = check_form(); !done) return fail(std::move(done.error()));
    return std::move(settings_);
  }

 private:
  [[nodiscard]] std::string place(const Option& option, Origin origin) const {
    return cli::place(option, origin, settings_.profile);
  }

  Result<void> add(OptionName name, std::string_view value, Origin origin, const std::string& folder) {
    Settings::Entry& entry = settings_.entries[name.index()];
    if (entry.origin != Origin::none && entry.origin != origin) return {};
    if (is_hidden_from(name.option().alternative, origin)) return {};
    const ErrorClass error_class = origin == Origin::flag ? ErrorClass::usage : ErrorClass::config;
    if (origin == Origin::variable && name.option().check == Check::key && is_key_in_token(value))
      return fail(ErrorClass::config, place(name.option(), origin) + " cannot name a key in a token.",
                  "That loads a module: use the option or a profile.");
    auto checked = check_value(name.option(), value, place(name.option(), origin), folder, error_class);
    if (!checked) return fail(with_help(std::move(checked.error()), *settings_.command));
    entry.origin = origin;
    for (std::string& text : *checked) entry.values.push_back(std::move(text));
    return {};
  }

  /// Whether a higher place said something of the same set of alternatives.
  [[nodiscard]] bool is_hidden_from(Alternative set, Origin origin) const {
    if (set == Alternative::none) return false;
    if (set == Alternative::endpoints) set = Alternative::server;
    const bool secret_variable = (set == Alternative::password && context_.variables.password) ||
                                 (set == Alternative::client_secret && context_.variables.client_secret);
    if (origin == Origin::profile && secret_variable) return true;
    for (std::size_t i = 0; i < option_count; ++i) {
      const Origin given = settings_.entries[i].origin;
      if (option_table[i].alternative == set && given != Origin::none && given < origin) return true;
    }
    return false;
  }

  /// At one place only one option of each set may be given.
  Result<void> finish(Origin origin) {
    for (std::size_t i = 0; i < option_count; ++i) {
      const Alternative set = option_table[i].alternative;
      if (settings_.entries[i].origin != origin || !holds_secret(set)) continue;
      for (std::size_t j = i + 1; j < option_count; ++j) {
        if (option_table[j].alternative != set || settings_.entries[j].origin != origin) continue;
        return fail(
            origin == Origin::flag ? ErrorClass::usage : ErrorClass::config,
            place(option_table[i], origin) + " and " + place(option_table[j], origin) +
                (set == Alternative::client_assertion ? " exclude each other." : " give the same secret."),
            "Leave one of them out.");
      }
    }
    return {};
  }

  Result<void> read_variables() {
    const bool writes_profile = (settings_.command->groups & static_cast<unsigned>(Group::profile_keys)) != 0;
    for (const char* const* entry = environment_; *entry != nullptr; ++entry) {
      if (std::strncmp(*entry, "OAUTH_TOKEN_", 12) != 0) continue;
      const std::string_view text = *entry;
      const std::size_t equals = text.find('=');
      if (equals == std::string_view::npos || equals + 1 == text.size()) continue;
      const std::string_view name = text.substr(0, equals);
      if (name == "OAUTH_TOKEN_PROFILE") profile_variable_ = text.substr(equals + 1);
      for (std::size_t i = 0; i < option_count; ++i) {
        if (!is_variable(name, option_table[i]) || !settings_.command->takes(option_table[i])) continue;
        if (!option_table[i].has(variable)) {
          warn(context_, std::string(name) + " is ignored: --" + std::string(option_table[i].name) +
                             " cannot come from the environment.");
        } else if (!writes_profile || !option_table[i].has(profile)) {
          auto added = add(OptionName(i), text.substr(equals + 1), Origin::variable, "");
          if (!added) return added;
        }
      }
    }
    return finish(Origin::variable);
  }

  [[nodiscard]] bool caller_keeps_token() const {
    if ((settings_.command->groups & static_cast<unsigned>(Group::kept)) == 0) return false;
    return context_.variables.refresh_token.has_value() ||
           std::any_of(std::begin(option_table), std::end(option_table), [&](const Option& option) {
             return option.alternative == Alternative::refresh_token &&
                    settings_.entries[static_cast<std::size_t>(&option - option_table.data())].origin !=
                        Origin::none;
           });
  }

  [[nodiscard]] const std::string* last_operand() const {
    const bool present = settings_.operands.size() > settings_.command->operands_needed;
    return present ? &settings_.operands.back() : nullptr;
  }

  [[nodiscard]] bool operand_names_profile() const {
    const Basis basis = settings_.command->basis;
    return basis == Basis::profile || basis == Basis::examined || settings_.caller_keeps_token;
  }

  Result<void> check_operand() const {
    const std::string* const operand = last_operand();
    return operand != nullptr && operand_names_profile() ? check_profile_is_named(*operand) : Result<void>();
  }

  Result<void> read_server() {
    auto done = read_profile();
    if (done) done = check_endpoints(settings_, profile_);
    if (done || settings_.command->basis != Basis::examined) return done;
    settings_.profile_error = std::move(done.error());
    for (Settings::Entry& entry : settings_.entries)
      if (entry.origin == Origin::profile) entry = {};
    return {};
  }

  Result<void> read_profile() {
    const Basis basis = settings_.command->basis;
    if (basis == Basis::none || basis == Basis::first_session) return {};
    const bool of_session = basis == Basis::session && !settings_.caller_keeps_token;
    std::string name = of_session ? session_name() : profile_variable_;
    bool must_exist = !of_session && !name.empty();
    if (const std::string* const operand = last_operand(); operand != nullptr && !of_session) {
      name = *operand;
      must_exist = true;
    }
    if (name.empty()) name = "default";
    const std::string& config = settings_.value("config");
    const std::string path = config_path(config);
    if (path.empty()) {
      if (!must_exist) return {};
      return fail(ErrorClass::config, "The configuration file is not known, since HOME is not set.",
                  "Use --config FILE.");
    }
    const auto file = read_profiles(path, !config.empty(), profile_key_names);
    if (!file) return fail(file.error());
    const Profile* const found = file->find(name);
    if (found == nullptr && must_exist) return fail(missing_profile(*file, name));
    if (found == nullptr) return {};
    settings_.profile = name;
    profile_ = *found;
    return add_profile(*found, path.substr(0, path.rfind('/')));
  }

  /// The variable that alone makes the refresh token the caller's; empty: an option does, or nothing.
  [[nodiscard]] std::string refresh_token_variable() const {
    if (!settings_.caller_keeps_token) return "";
    std::string name = context_.variables.refresh_token ? "OAUTH_TOKEN_REFRESH_TOKEN" : "";
    for (std::size_t i = 0; i < option_count; ++i) {
      if (option_table[i].alternative != Alternative::refresh_token) continue;
      if (settings_.entries[i].origin == Origin::flag) return "";
      if (settings_.entries[i].origin == Origin::variable) name = variable_name(option_table[i]);
    }
    return name;
  }

  /// Names the variable, too, that gave the name or made a profile's of a session's.
  [[nodiscard]] Error missing_profile(const ProfileFile& file, const std::string& name) const {
    Error error = no_such_profile(file, name);
    if (last_operand() == nullptr) return from_variable(std::move(error), "OAUTH_TOKEN_PROFILE");
    if (const std::string given = refresh_token_variable(); !given.empty())
      error.hint = given + " is set, so \"" + name + "\" is read as a profile; unset it to use the session.";
    return error;
  }

  Result<void> add_profile(const Profile& found, const std::string& folder) {
    for (std::size_t i = 0; i < option_count; ++i) {
      const auto values = found.values.find(option_table[i].name.view());
      if (values == found.values.end()) continue;
      const bool taken = settings_.command->takes(option_table[i]) || option_table[i].has(hidden);
      const std::size_t count = values->second.size();
      if (!taken || settings_.entries[i].origin != Origin::none) continue;
      if (option_table[i].kind != Kind::list && count > 1) {
        return fail(ErrorClass::config, place(option_table[i], Origin::profile) + " must be one value.");
      }
      for (const std::string& value : values->second) {
        if (auto added = add(OptionName(i), value, Origin::profile, folder); !added) return added;
      }
    }
    if (auto done = finish(Origin::profile); !done) return done;
    return check_redirection(settings_, found);
  }

  /// The operand of commands on sessions, else --session and its variable, else the profile, else "default".
  [[nodiscard]] std::string session_name() const {
    const Settings::Entry& asked = settings_.entry("session");
    const std::string* const operand = last_operand();
    const Basis basis = settings_.command->basis;
    if (basis == Basis::first_session) return settings_.operands.front();
    const bool names_profile = basis == Basis::profile || basis == Basis::examined;
    if (!names_profile && operand != nullptr) return *operand;
    if (asked.origin != Origin::none) return asked.values.back();
    return settings_.profile.empty() ? "default" : settings_.profile;
  }

  Result<void> check_session() {
    if (settings_.origin("session") != Origin::flag) return {};
    if (settings_.caller_keeps_token) {
      return fail(ErrorClass::usage, "--session and a refresh token of the caller's exclude each other.",
                  "Leave out --session: nothing is stored.");
    }
    if (settings_.session == settings_.value("session")) return {};
    return fail(ErrorClass::usage,
                "The session is named twice: \"" + settings_.session + "\" and --session " +
                    settings_.value("session") + ".",
                "Leave one of them out.");
  }

  Result<void> check_form() {
    Settings::Entry& form = settings_.entries[OptionName("output").index()];
    if (form.origin == Origin::none) return {};
    const Literal forms = settings_.command->forms;
    const bool known = is_choice(forms, form.values.back());
    if (!known && form.origin == Origin::flag) return fail(no_such_form(forms, form));
    if (!known) form = {};  // the variable is meant for another command
    if (!settings_.given("field") || !settings_.given("output") || form.values.back() == "json") return {};
    // A token that was to be masked in a log is not printed bare, wherever that was said.
    if (form.origin == Origin::flag || form.values.back() == "github") {
      return fail(ErrorClass::usage,
                  "--field prints a member of the JSON answer, but " + settings_.where("output") +
                      " says \"" + form.values.back() + "\".",
                  "Leave out one of them, or use -o json.");
    }
    form = {};
    return {};
  }

  [[nodiscard]] Error no_such_form(Literal forms, const Settings::Entry& form) const {
    const std::string where = place(OptionName("output").option(), form.origin);
    return with_help(no_such_choice(form.values.back(), forms, where, ErrorClass::usage), *settings_.command);
  }

  const Context& context_;
  const char* const* environment_;
  Settings settings_ = {};
  std::string profile_variable_ = {};
  Profile profile_ = {};
};

}  // namespace

const std::string& Settings::value(OptionName name) const noexcept {
  static const std::string none;
  const Entry& found = entry(name);
  return found.values.empty() ? none : found.values.back();
}

std::string Settings::where(OptionName name) const { return place(name.option(), origin(name), profile); }

Error Settings::about(OptionName name, Error error) const {
  if (origin(name) == Origin::flag) return error;
  return {
      .error_class = ErrorClass::config, .message = where(name) + ": " + error.message, .hint = error.hint};
}

Result<Settings> resolve(const Context& context, Arguments arguments, const char* const* environment) {
  return Resolver(context, environment).resolve(std::move(arguments));
}

}  // namespace oauth_token::cli
