#include "client_options.hpp"
#include "commands.hpp"
#include "exit_status.hpp"
#include "report.hpp"
#include "value_check.hpp"

namespace oauth_token::cli {

Result<int> run_store_move(Context& context, const Settings& settings) {
  const std::string& store = settings.operands.back();
  const Option& option = OptionName("store").option();
  if (auto checked = check_value(option, store, "STORE", "", ErrorClass::usage); !checked)
    return fail(std::move(checked.error()));
  auto options = session_options(context, settings);
  if (!options) return fail(std::move(options.error()));
  auto session = open_existing_session(settings, std::move(*options));
  if (!session) return fail(std::move(session.error()));
  const std::string before = session->record().store;
  if (auto moved = session->move(store, context.stop); !moved) return fail(std::move(moved.error()));
  note(context,
       "The tokens of session \"" + settings.session + "\" were moved from " + before + " to " + store + ".");
  return exit_done;
}

}  // namespace oauth_token::cli
