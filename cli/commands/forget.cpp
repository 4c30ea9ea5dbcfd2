#include "commands.hpp"
#include "request/client_options.hpp"

#include <oauth_token/exit_status.hpp>

namespace oauth_token::cli {

Result<int> run_forget(Context& context, const Settings& settings) {
  auto session = open_existing_session(settings, {.keyring = keyring_options(context, settings)});
  if (!session) return fail(std::move(session.error()));
  if (auto done = session->forget(context.stop()); !done) return fail(std::move(done.error()));
  return exit_done;
}

}  // namespace oauth_token::cli
