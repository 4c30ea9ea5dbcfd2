#include "commands.hpp"
#include "request/client_options.hpp"

#include <oauth_token/exit_status.hpp>
#include <oauth_token/session.hpp>

#include <string>
#include <utility>

namespace oauth_token::cli {
namespace {

// The record names what to erase in the store, and so stays as long as that may come back.
Error with_record(Error error, const std::string& session) {
  const auto folder = SessionFolder::default_path();
  if (error.reason != "absent" || error.error_class != ErrorClass::store || !folder) return error;
  error.hint = "Start the keyring. If it is gone for good, remove the session's record by hand: " + *folder +
               "/sessions/" + session + ".json";
  return error;
}

}  // namespace

Result<int> run_forget(Context& context, const Settings& settings) {
  auto session = open_session(settings, {.keyring = keyring_options(context, settings)});
  if (!session) return fail(std::move(session.error()));
  if (auto done = session->forget(context.stop()); !done)
    return fail(with_record(std::move(done.error()), settings.session));
  return exit_done;
}

}  // namespace oauth_token::cli
