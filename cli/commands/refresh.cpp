#include "commands.hpp"
#include "request/renewal.hpp"

namespace oauth_token::cli {

Result<int> run_refresh(Context& context, const Settings& settings) {
  return renew_and_print(context, settings, true);
}

}  // namespace oauth_token::cli
