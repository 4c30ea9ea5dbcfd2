#include "commands.hpp"
#include "completion/script.hpp"
#include "output/output.hpp"

#include <oauth_token/exit_status.hpp>

#include <string>

namespace oauth_token::cli {

Result<int> run_completion(Context& context, const Settings& settings) {
  const std::string& shell = settings.operands.front();
  std::string script;
  if (shell == "bash") {
    script = bash_completion();
  } else if (shell == "zsh") {
    script = zsh_completion();
  } else if (shell == "fish") {
    script = fish_completion();
  } else {
    return fail(ErrorClass::usage, "There are no completions for the shell \"" + shell + "\".",
                "There are: bash, zsh and fish.");
  }
  if (auto written = write_answer(context, script); !written) return fail(std::move(written.error()));
  return exit_done;
}

}  // namespace oauth_token::cli
