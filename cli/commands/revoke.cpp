#include "commands.hpp"
#include "output/dry_run.hpp"
#include "request/client_options.hpp"
#include "request/sign_in_hint.hpp"

#include <oauth_token/exit_status.hpp>

namespace oauth_token::cli {

namespace {

Result<int> revoke(Context& context, const Settings& settings) {
  if (settings.flag("dry-run")) {
    return show_session_request(context, settings, [&](const TokenClient& client, const SessionRecord&) {
      return client.revoke(Secret(stand_in), "refresh_token", context.stop());
    });
  }
  auto options = session_options(context, settings);
  if (!options) return fail(std::move(options.error()));
  auto session = open_session(settings, std::move(*options));
  if (!session) return fail(std::move(session.error()));
  if (auto done = session->revoke(context.stop()); !done)
    return fail(explain_client_of_session(std::move(done.error()), settings, session->record()));
  return exit_done;
}

}  // namespace

Result<int> run_revoke(Context& context, const Settings& settings) {
  auto done = revoke(context, settings);
  if (done) return done;
  return fail(explain_missing_endpoint(std::move(done.error()), "revocation-endpoint",
                                       ", or \"oauth-token forget " + settings.session + "\""));
}

}  // namespace oauth_token::cli
