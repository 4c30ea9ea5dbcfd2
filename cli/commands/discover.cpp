#include "commands.hpp"
#include "output/output.hpp"
#include "request/client_options.hpp"

#include <oauth_token/exit_status.hpp>
#include <oauth_token/server_metadata.hpp>

namespace oauth_token::cli {

Result<int> run_discover(Context& context, const Settings& settings) {
  if (!settings.given("issuer")) {
    return fail(ErrorClass::usage, "No issuer is named.", "Use --issuer URL, or a profile that has one.");
  }
  const auto client = client_settings(context, settings);
  if (!client) return fail(client.error());
  const auto run = run_options(context, settings);
  if (!run) return fail(run.error());
  const auto reaching = transport_options(*client, *run, context.stop());
  if (!reaching) return fail(reaching.error());
  auto transport = make_transport(*reaching);
  if (!transport) return fail(std::move(transport.error()));
  if (run->decorate) *transport = run->decorate(std::move(*transport));
  const DiscoveryOptions options{.deadline = std::chrono::steady_clock::now() + run->timeout,
                                 .allow_http = run->allow_http};
  const auto metadata = discover(*transport, client->issuer, options, context.stop());
  if (!metadata) return fail(metadata.error());
  if (settings.flag("dry-run")) return exit_done;
  if (auto written = write_json_answer(context, settings, Secret(metadata->json)); !written)
    return fail(std::move(written.error()));
  return exit_done;
}

}  // namespace oauth_token::cli
