#include "commands.hpp"
#include "request/client_options.hpp"
#include "request/grant_options.hpp"
#include "request/token_request.hpp"

#include <utility>

namespace oauth_token::cli {
namespace {

constexpr std::pair<std::string_view, std::string_view> commands_of_grants[] = {
    {"password", "password"}, {"refresh_token", "refresh"}, {"client_credentials", "client-credentials"}};

Grant extension_grant(const SessionRecord& wanted, SignInAnswer answer, bool with_password) {
  PasswordGrant parts = password_grant(wanted, std::move(answer));
  ExtensionGrant grant{.grant_type = wanted.grant_type,
                       .scope = std::move(parts.scope),
                       .resource = std::move(parts.resource)};
  if (with_password) {
    grant.extra.push_back({.name = "username", .value = Secret(parts.username)});
    grant.extra.push_back({.name = "password", .value = std::move(parts.password)});
  }
  for (Parameter& parameter : parts.extra) grant.extra.push_back(std::move(parameter));
  return grant;
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

  TokenRequest request{.grant_type = grant_type,
                       .username = settings.value("username"),
                       .with_password = with_password,
                       .make_grant = [with_password](const SessionRecord& wanted, SignInAnswer answer) {
                         return extension_grant(wanted, std::move(answer), with_password);
                       }};
  if (settings.origin("session") != Origin::flag) return request_and_print(context, settings, request);
  request.may_ask_again = with_password && *asked;
  return sign_in_and_print(context, settings, request);
}

}  // namespace oauth_token::cli
