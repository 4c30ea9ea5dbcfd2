#include "commands.hpp"
#include "options/help.hpp"
#include "options/value_check.hpp"
#include "output/report.hpp"
#include "request/client_options.hpp"

#include <oauth_token/exit_status.hpp>

#include <optional>
#include <utility>

namespace oauth_token::cli {

Result<int> run_store_move(Context& context, const Settings& settings) {
  const std::string& store = settings.operands.back();
  if (auto checked = check_store(store, keeping_stores, "STORE", ErrorClass::usage); !checked) {
    if (store == "none")
      checked.error().hint = "To keep nothing: oauth-token forget " + settings.session + ".";
    return fail(with_help(std::move(checked.error()), *settings.command));
  }
  auto old_key = std::exchange(context.variables.store_key, std::nullopt);
  auto options = session_options(context, settings);
  if (!options) return fail(std::move(options.error()));
  // Beside --store-key-file, which is the new store's.
  if (old_key) options->file.key = std::move(*old_key);
  auto session = open_session(settings, std::move(*options));
  if (!session) return fail(std::move(session.error()));
  const std::string before = session->record().store;
  if (auto moved = session->move(store, context.stop()); !moved) return fail(std::move(moved.error()));
  note(context,
       "The tokens of session \"" + settings.session + "\" were moved from " + before + " to " + store + ".");
  return exit_done;
}

}  // namespace oauth_token::cli
