#include "base/own_process.hpp"

namespace oauth_token {

Result<void> OwnProcess::check() const {
  if (is_this()) return {};
  return fail(ErrorClass::usage, "This object was made before a fork, and cannot be used in the child.",
              "Make a new one in the child.");
}

}  // namespace oauth_token
