#include "sandbox.hpp"

#include "doctor/checks.hpp"

#include <string>

namespace oauth_token::cli {

void check_sandbox(Examination& run) {
  if (const int version = landlock_version(); version > 0)
    return run.list.ok("sandbox",
                       "A run that keeps nothing can neither start a program nor write a file "
                       "(Landlock " +
                           std::to_string(version) + ").");
  run.list.ok("sandbox", "There is no Landlock here: runs are not shut in.");
}

}  // namespace oauth_token::cli
