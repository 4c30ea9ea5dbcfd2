#include "grant_options.hpp"

#include "options/parameter_rules.hpp"
#include "options/value_check.hpp"
#include "output/dry_run.hpp"
#include "output/report.hpp"
#include "secret_options.hpp"
#include "terminal/progress.hpp"

#include <oauth_token/secret_source.hpp>
#include <oauth_token/text.hpp>

#include <algorithm>

namespace oauth_token::cli {
namespace {

using Pair = std::pair<std::string, std::string>;

Result<Pair> split(const std::string& text, std::string_view form, bool value_is_hidden) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos)
    return fail(ErrorClass::usage, "A parameter has no \"=\".", "Write " + std::string(form) + ".");
  Pair pair{text.substr(0, equals), text.substr(equals + 1)};
  if (auto checked = check_parameter_name(pair.first, value_is_hidden); !checked)
    return fail(std::move(checked.error()));
  return pair;
}

SecretOptions password_options() {
  return {.file = "password-file",
          .command = "password-command",
          .standard_input = OptionName("password-stdin"),
          .descriptor = OptionName("password-fd"),
          .askpass = OptionName("askpass")};
}

SecretInput password_input(const Context& context, const Settings& settings) {
  SecretInput input{.kind = password_kind(),
                    .flags = secret_places(settings, password_options(), Origin::flag),
                    .variables = secret_places(settings, password_options(), Origin::variable),
                    .profile = secret_places(settings, password_options(), Origin::profile)};
  input.variables.value_given = context.variables.password.has_value();
  return input;
}

SecretOptions refresh_token_options() {
  return {.file = "refresh-token-file",
          .command = "refresh-token-command",
          .standard_input = OptionName("refresh-token-stdin"),
          .descriptor = OptionName("refresh-token-fd")};
}

/// The variable's value, gone from the context.
Secret take(std::optional<Secret>& variable) {
  Secret value = variable ? std::move(*variable) : Secret();
  variable.reset();
  return value;
}

Result<Secret> ask_parameter(const Context& context, const Settings& settings, const std::string& name) {
  if (auto checked = check_parameter_name(name, true); !checked)
    return fail(settings.about("prompt-param", std::move(checked.error())));
  if (settings.flag("dry-run")) return Secret(stand_in);
  SecretInput input{.kind = prompt_param_kind(name)};
  return read_secret(input, {.text = name + ": ", .what = name}, context.reading());
}

}  // namespace

Result<std::vector<Pair>> open_parameters(const Settings& settings) {
  std::vector<Pair> pairs;
  for (const std::string& text : settings.list("param")) {
    auto pair = split(text, "--param NAME=VALUE", false);
    if (!pair) return fail(settings.about("param", std::move(pair.error())));
    pairs.push_back(std::move(*pair));
  }
  return pairs;
}

Result<std::vector<Parameter>> read_parameters(const Context& context, const Settings& settings) {
  std::vector<Parameter> parameters;
  auto open = open_parameters(settings);
  if (!open) return fail(std::move(open.error()));
  for (Pair& pair : *open)
    parameters.push_back({.name = std::move(pair.first), .value = Secret(pair.second)});
  auto hidden = read_hidden_parameters(context, settings);
  if (!hidden) return fail(std::move(hidden.error()));
  for (Parameter& parameter : *hidden) parameters.push_back(std::move(parameter));
  return parameters;
}

Result<std::vector<Parameter>> read_hidden_parameters(const Context& context, const Settings& settings) {
  std::vector<Parameter> parameters;
  for (const std::string& text : settings.list("param-file")) {
    auto pair = split(text, "--param-file NAME=FILE", true);
    if (!pair) return fail(settings.about("param-file", std::move(pair.error())));
    const Pause whoever_gives_it;
    auto value = read_secret_file(pair->second, context.stop());
    if (!value) return fail(std::move(value.error()));
    parameters.push_back({.name = std::move(pair->first), .value = std::move(*value)});
  }
  for (const std::string& name : settings.list("prompt-param")) {
    auto value = ask_parameter(context, settings, name);
    if (!value) return fail(std::move(value.error()));
    parameters.push_back({.name = name, .value = std::move(*value)});
  }
  return parameters;
}

Result<bool> password_is_asked(const Context& context, const Settings& settings) {
  return is_asked_for(password_input(context, settings), context.input);
}

Result<std::string> read_username(const Context& context, const Settings& settings) {
  if (settings.given("username")) {
    if (!settings.value("username").empty()) return settings.value("username");
    return fail(ErrorClass::usage, settings.where("username") + " must not be empty.");
  }
  if (settings.flag("dry-run")) return std::string(stand_in);
  const Asker ask = context.asker();
  if (!ask) return fail(ErrorClass::usage, "No user name is given.", "Use --username NAME.");
  auto name = ask({.text = "User name: ", .what = "user name", .hidden = false});
  if (name) return std::string(name->expose());
  if (name.error().error_class == ErrorClass::usage) name.error().hint = "Use --username NAME.";
  return fail(std::move(name.error()));
}

Result<Secret> read_password(Context& context, const Settings& settings, const std::string& username,
                             const std::string& server, const std::string& before) {
  SecretInput input = password_input(context, settings);
  const auto asked = is_asked_for(input, context.input);
  if (!asked) return fail(asked.error());
  if (*asked && settings.flag("dry-run")) {
    note(context, "The password was not asked for: \"" + std::string(stand_in) + "\" stands for it.");
    return Secret(stand_in);
  }
  input.variables.value = take(context.variables.password);
  return read_secret(input, {.text = "Password for " + username + " at " + server + ": ", .before = before},
                     context.reading());
}

Result<Secret> read_refresh_token(Context& context, const Settings& settings) {
  SecretInput input{.kind = refresh_token_kind(),
                    .flags = secret_places(settings, refresh_token_options(), Origin::flag),
                    .variables = secret_places(settings, refresh_token_options(), Origin::variable)};
  input.variables.value_given = context.variables.refresh_token.has_value();
  input.variables.value = take(context.variables.refresh_token);
  return read_secret(input, {.text = "Refresh token: ", .what = "refresh token"}, context.reading());
}

}  // namespace oauth_token::cli
