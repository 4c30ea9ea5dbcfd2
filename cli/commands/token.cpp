#include "commands.hpp"
#include "request/renewal.hpp"

namespace oauth_token::cli {

Result<int> run_token(Context& context, const Settings& settings) {
  return renew_and_print(context, settings, false);
}

}  // namespace oauth_token::cli
