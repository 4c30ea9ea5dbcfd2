#include "commands.hpp"
#include "request/client_options.hpp"
#include "request/grant_options.hpp"
#include "request/token_request.hpp"

namespace oauth_token::cli {

Result<int> run_client_credentials(Context& context, const Settings& settings) {
  const auto client = client_settings(context, settings);
  if (!client) return fail(client.error());
  const auto method = effective_client_auth(*client, context.variables.client_secret.has_value());
  if (!method) return fail(method.error());
  if (*method == "none") {
    return fail(ErrorClass::usage, "This grant needs a client that authenticates itself (RFC 6749 s4.4).",
                "Use --client-secret-file, --client-secret-command, the variable OAUTH_TOKEN_CLIENT_SECRET, "
                "--signing-key, --client-assertion-file, or --tls-cert with --client-auth, or keep the "
                "secret: oauth-token profile set NAME --client-secret-prompt.");
  }
  return request_and_print(context, settings,
                           {.grant_type = "client_credentials",
                            .make_grant = [](const SessionRecord& wanted, SignInAnswer answer) -> Grant {
                              PasswordGrant parts = password_grant(wanted, std::move(answer));
                              return ClientCredentialsGrant{.scope = std::move(parts.scope),
                                                            .resource = std::move(parts.resource),
                                                            .extra = std::move(parts.extra)};
                            }});
}

}  // namespace oauth_token::cli
