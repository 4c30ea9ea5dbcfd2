#include "client_options.hpp"
#include "commands.hpp"
#include "exit_status.hpp"
#include "output.hpp"

#include <oauth_token/token_client.hpp>

namespace oauth_token::cli {
namespace {

constexpr std::string_view type_of_assertions = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

Secret as_json(const ClientSettings& client, const Secret& assertion) {
  json::Writer object;
  object.begin_object().optional_member("client_id", client.client_id);
  object.member("client_assertion_type", type_of_assertions);
  return object.member("client_assertion", assertion.expose()).end_object().take();
}

}  // namespace

Result<int> run_assertion(Context& context, const Settings& settings) {
  auto client = client_settings(context, settings);
  if (!client) return fail(std::move(client.error()));
  auto run = run_options(context, settings);
  if (!run) return fail(std::move(run.error()));
  client->dpop = {};  // for token requests alone
  const auto sender = make_client(*client, std::move(*run), context.stop);
  if (!sender) return fail(sender.error());
  const auto assertion = sender->client_assertion(context.stop);
  if (!assertion) return fail(assertion.error());
  Result<void> written;
  if (output_form(settings) == "json" || settings.given("field"))
    written = write_json_answer(context, settings, as_json(*client, *assertion));
  else
    written = write_answer(
        context, std::move(SecretBuffer().append(assertion->expose()).append('\n')).take().expose());
  if (!written) return fail(std::move(written.error()));
  return exit_done;
}

}  // namespace oauth_token::cli
