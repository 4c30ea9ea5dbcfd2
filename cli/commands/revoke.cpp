#include "client_options.hpp"
#include "commands.hpp"
#include "exit_status.hpp"
#include "grant_options.hpp"
#include "report.hpp"

namespace oauth_token::cli {
namespace {

/// The first request as it would be sent, a stand-in for the stored refresh token.
Result<void> show_request(Context& context, const SessionRecord& record, ClientRunOptions run) {
  ClientSettings settings = record.client;
  auto client = make_client(settings, std::move(run), context.stop);
  if (!client) return fail(std::move(client.error()));
  return client->revoke(Secret(stand_in), "refresh_token", context.stop);
}

}  // namespace

Result<int> run_revoke(Context& context, const Settings& settings) {
  auto options = session_options(context, settings);
  if (!options) return fail(std::move(options.error()));
  const bool dry_run = settings.flag("dry-run");
  ClientRunOptions run = dry_run ? std::move(options->client) : ClientRunOptions();
  auto session = open_existing_session(settings, std::move(*options));
  if (!session) return fail(std::move(session.error()));
  auto done =
      dry_run ? show_request(context, session->record(), std::move(run)) : session->revoke(context.stop);
  if (!done) return fail(std::move(done.error()));
  return exit_done;
}

}  // namespace oauth_token::cli
