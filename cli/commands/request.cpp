#include "client_options.hpp"
#include "commands.hpp"
#include "grant_options.hpp"
#include "token_request.hpp"

#include <utility>

namespace oauth_token::cli {
namespace {

constexpr std::pair<std::string_view, std::string_view> commands_of_grants[] = {
    {"password", "password"}, {"refresh_token", "refresh"}, {"client_credentials", "client-credentials"}};

Result<Grant> make_extension_grant(Context& context, const Settings& settings, bool with_password) {
  ExtensionGrant grant{.grant_type = settings.operands.front(),
                       .scope = settings.list("scope"),
                       .resource = settings.list("resource")};
  if (with_password) {
    const std::string& username = settings.value("username");
    auto password = read_password(context, settings, username);
    if (!password) return fail(std::move(password.error()));
    grant.extra.push_back({.name = "username", .value = Secret(username)});
    grant.extra.push_back({.name = "password", .value = std::move(*password)});
  }
  auto parameters = read_parameters(context, settings);
  if (!parameters) return fail(std::move(parameters.error()));
  for (Parameter& parameter : *parameters) grant.extra.push_back(std::move(parameter));
  return Grant(std::move(grant));
}

}  // namespace

Result<int> run_request(Context& context, const Settings& settings) {
  const std::string& grant_type = settings.operands.front();
  for (const auto& [grant, command] : commands_of_grants) {
    if (grant_type == grant) {
      return fail(ErrorClass::usage, "The grant type \"" + grant_type + "\" has a command of its own.",
                  "Use \"oauth-token " + std::string(command) + "\".");
    }
  }
  if (auto client = client_settings(context, settings); !client) return fail(std::move(client.error()));
  if (auto parameters = open_parameters(settings); !parameters) return fail(std::move(parameters.error()));
  // A user name makes it one of the grants that take a password too.
  const bool with_password = settings.given("username");
  const auto asked = password_is_asked(context, settings);
  if (!asked) return fail(asked.error());

  const auto make_grant = [&] { return make_extension_grant(context, settings, with_password); };
  if (settings.origin("session") != Origin::flag) return request_and_print(context, settings, make_grant);
  return sign_in_and_print(context, settings,
                           {.grant_type = grant_type,
                            .username = settings.value("username"),
                            .may_ask_again = with_password && *asked,
                            .make_grant = make_grant});
}

}  // namespace oauth_token::cli
