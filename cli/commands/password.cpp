#include "client_options.hpp"
#include "commands.hpp"
#include "grant_options.hpp"
#include "token_request.hpp"

namespace oauth_token::cli {

Result<int> run_password(Context& context, const Settings& settings) {
  // Mistakes on the command line are named before anybody is asked anything.
  if (auto client = client_settings(context, settings); !client) return fail(std::move(client.error()));
  if (auto parameters = open_parameters(settings); !parameters) return fail(std::move(parameters.error()));
  const auto asked = password_is_asked(context, settings);
  if (!asked) return fail(asked.error());
  auto username = read_username(context, settings);
  if (!username) return fail(std::move(username.error()));

  const auto make_grant = [&]() -> Result<Grant> {
    auto password = read_password(context, settings, *username);
    if (!password) return fail(std::move(password.error()));
    auto parameters = read_parameters(context, settings);
    if (!parameters) return fail(std::move(parameters.error()));
    return PasswordGrant{.username = *username,
                         .password = std::move(*password),
                         .scope = settings.list("scope"),
                         .resource = settings.list("resource"),
                         .extra = std::move(*parameters)};
  };
  return sign_in_and_print(
      context, settings,
      {.grant_type = "password", .username = *username, .may_ask_again = *asked, .make_grant = make_grant});
}

}  // namespace oauth_token::cli
