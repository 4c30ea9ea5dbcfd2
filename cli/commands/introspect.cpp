#include "commands.hpp"
#include "output/dry_run.hpp"
#include "output/output.hpp"
#include "request/client_options.hpp"
#include "request/sign_in_hint.hpp"

#include <oauth_token/exit_status.hpp>

namespace oauth_token::cli {

namespace {

Result<int> introspect(Context& context, const Settings& settings) {
  if (settings.flag("dry-run")) {
    return show_session_request(
        context, settings, [&](const TokenClient& client, const SessionRecord&) -> Result<void> {
          auto answer = client.introspect(Secret(stand_in), "access_token", context.stop());
          return answer ? Result<void>() : fail(std::move(answer.error()));
        });
  }
  auto options = session_options(context, settings);
  if (!options) return fail(std::move(options.error()));
  auto session = open_session(settings, std::move(*options));
  if (!session) return fail(std::move(session.error()));
  auto answer = session->introspect(context.stop());
  if (!answer) return fail(explain_client_of_session(std::move(answer.error()), settings, session->record()));
  const auto document = json::parse(std::move(*answer), {.lone_surrogates = true});
  if (!document) return fail(ErrorClass::internal, "The answer " + std::string(document.error().what) + ".");
  if (auto written = write_json_answer(context, settings, document->root()); !written)
    return fail(std::move(written.error()));
  return document->root()["active"].boolean().value_or(false) ? exit_done : exit_reauthenticate;
}

}  // namespace

Result<int> run_introspect(Context& context, const Settings& settings) {
  auto status = introspect(context, settings);
  if (status) return status;
  return fail(explain_missing_endpoint(std::move(status.error()), "introspection-endpoint"));
}

}  // namespace oauth_token::cli
