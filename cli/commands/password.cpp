#include "commands.hpp"
#include "request/client_options.hpp"
#include "request/grant_options.hpp"
#include "request/token_request.hpp"

namespace oauth_token::cli {

Result<int> run_password(Context& context, const Settings& settings) {
  // Mistakes on the command line are named before anybody is asked anything.
  if (auto client = client_settings(context, settings); !client) return fail(std::move(client.error()));
  if (auto parameters = open_parameters(settings); !parameters) return fail(std::move(parameters.error()));
  const auto asked = password_is_asked(context, settings);
  if (!asked) return fail(asked.error());
  auto username = read_username(context, settings);
  if (!username) return fail(std::move(username.error()));
  return sign_in_and_print(context, settings,
                           {.grant_type = "password",
                            .username = std::move(*username),
                            .with_password = true,
                            .may_ask_again = *asked});
}

}  // namespace oauth_token::cli
