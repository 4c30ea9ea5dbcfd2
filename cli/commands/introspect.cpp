#include "client_options.hpp"
#include "commands.hpp"
#include "exit_status.hpp"
#include "grant_options.hpp"
#include "output.hpp"

namespace oauth_token::cli {
namespace {

/// The request as it would be sent, a stand-in for the stored access token.
Result<Secret> show_request(Context& context, const SessionRecord& record, ClientRunOptions run) {
  ClientSettings settings = record.client;
  auto client = make_client(settings, std::move(run), context.stop);
  if (!client) return fail(std::move(client.error()));
  return client->introspect(Secret(stand_in), "access_token", context.stop);
}

}  // namespace

Result<int> run_introspect(Context& context, const Settings& settings) {
  auto options = session_options(context, settings);
  if (!options) return fail(std::move(options.error()));
  const bool dry_run = settings.flag("dry-run");
  ClientRunOptions run = dry_run ? std::move(options->client) : ClientRunOptions();
  auto session = open_existing_session(settings, std::move(*options));
  if (!session) return fail(std::move(session.error()));
  auto answer =
      dry_run ? show_request(context, session->record(), std::move(run)) : session->introspect(context.stop);
  if (!answer) return fail(std::move(answer.error()));
  const auto document = json::parse(answer->copy());
  const bool active = document && document->root()["active"].boolean().value_or(false);
  if (auto written = write_json_answer(context, settings, std::move(*answer)); !written)
    return fail(std::move(written.error()));
  return active ? exit_done : exit_reauthenticate;
}

}  // namespace oauth_token::cli
