#include "commands.hpp"
#include "output/output.hpp"
#include "request/client_options.hpp"

#include <oauth_token/exit_status.hpp>
#include <oauth_token/token_client.hpp>

namespace oauth_token::cli {
namespace {

// The client, and its secret or key in it, is gone before the assertion is printed: a reader may be slow.
Result<Secret> make_assertion(Context& context, const Settings& settings) {
  auto client = client_settings(context, settings);
  if (!client) return fail(std::move(client.error()));
  auto run = run_options(context, settings);
  if (!run) return fail(std::move(run.error()));
  client->dpop = {};  // for token requests alone
  const auto sender = make_client(*client, std::move(*run), context.stop());
  if (!sender) return fail(sender.error());
  return sender->client_assertion(context.stop());
}

}  // namespace

Result<int> run_assertion(Context& context, const Settings& settings) {
  const auto assertion = make_assertion(context, settings);
  if (!assertion) return fail(assertion.error());
  json::Writer object;
  object.begin_object().optional_member("client_id", settings.value("client-id"));
  object.member("client_assertion_type", client_assertion_type);
  object.member("client_assertion", assertion->expose()).end_object();
  if (auto written = write_line_or_json(context, settings, *assertion, object.take()); !written)
    return fail(std::move(written.error()));
  return exit_done;
}

}  // namespace oauth_token::cli
