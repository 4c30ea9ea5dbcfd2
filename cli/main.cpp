#include "commands.hpp"
#include "context.hpp"
#include "libraries.hpp"
#include "options/arguments.hpp"
#include "options/help.hpp"
#include "options/settings.hpp"
#include "output/dry_run.hpp"
#include "output/github_output.hpp"
#include "output/output.hpp"
#include "output/report.hpp"
#include "output/token_output.hpp"
#include "process.hpp"
#include "sandbox.hpp"
#include "session/token_cache.hpp"
#include "signals.hpp"
#include "terminal/progress.hpp"

#include <oauth_token/exit_status.hpp>
#include <oauth_token/text.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <system_error>

#include <unistd.h>

namespace oauth_token::cli {
namespace {

bool is_given(const Arguments& arguments, OptionName name) {
  for (const auto& [given, value] : arguments.options) {
    if (given.index() == name.index()) return true;
  }
  return false;
}

/// How to report errors from here on; before the settings are known, by the bare words.
bool asks_for_json(std::span<char* const> words) noexcept {
  for (std::size_t i = 0; i < words.size() && std::string_view(words[i]) != "--"; ++i) {
    const std::string_view word = words[i];
    if (word == "--output=json" || word == "-ojson") return true;
    if ((word == "-o" || word == "--output") && i + 1 < words.size())
      return std::string_view(words[i + 1]) == "json";
  }
  const char* const variable = std::getenv("OAUTH_TOKEN_OUTPUT");
  return variable != nullptr && std::string_view(variable) == "json";
}

Result<int> show_help(const Context& context, const Arguments& arguments) {
  const std::string text =
      arguments.version
          ? std::string(user_agent().substr(0, user_agent().find('/'))) + " " + std::string(version()) + "\n"
      : arguments.command == nullptr ? overview(arguments.group)
                                     : command_help(*arguments.command, arguments.all_help);
  if (auto written = write_answer(context, text); !written) return fail(std::move(written.error()));
  return exit_done;
}

bool requests_token(const Command& command) noexcept {
  return command.run == run_token || command.run == run_password || command.run == run_client_credentials;
}

Result<int> run(Context& context, std::span<char*> words) {
  if (auto safe = refuse_secret_arguments(words); !safe) return fail(std::move(safe.error()));
  auto arguments = parse_arguments(words);
  if (!arguments) return fail(std::move(arguments.error()));
  context.quiet = is_given(*arguments, "quiet");
  if (arguments->help || arguments->version) return show_help(context, *arguments);
  auto settings = resolve(context, std::move(*arguments), environ);
  if (!settings) return fail(std::move(settings.error()));
  context.json = output_form(*settings) == "json" && settings->given("output");
  if (output_form(*settings) == "github") {
    if (auto usable = check_github_output(*settings); !usable) return fail(std::move(usable.error()));
  }
  if (auto usable = check_refresh_token_is_shown(*settings); !usable) return fail(std::move(usable.error()));
  context.quiet = settings->flag("quiet");
  context.no_input = settings->flag("no-input");
  if (is_self_contained(*settings)) (void)shut_in();
  const bool progress = !context.quiet && !context.json && !settings->flag("verbose");
  const int progress_on = progress && can_show_progress(context.error) ? context.error : -1;
  context.watch_signals = [json = context.json, progress_on] { return watch_signals(json, progress_on); };
  // With progress, or with anything to leave half done, the thread is there from the start. Else whoever
  // waits begins it: without it a token at hand comes 0.05 ms earlier, and modules are loaded by one thread
  // alone.
  if (progress_on != -1 || !requests_token(*settings->command)) (void)context.stop();
  stand_in_for_client_secret(context, *settings);
  return settings->command->run(context, *settings);
}

/// Knows how errors are to be reported, before anything can fail.
Context context_for(std::span<char* const> words) noexcept {
  Context context;
  context.json = asks_for_json(words);
  if (names_command_with_child(words)) context.failure_status = exit_exec_failed;
  return context;
}

int main_of(Context& context, std::span<char*> words) {
  context.variables = take_secret_variables(environ);
  const auto status = run(context, words);
  end_progress();
  if (!status && context.dry_run_shown) return exit_done;
  const int result = status ? *status : report(context, status.error());
  // Held back while a renewal was finished, perhaps; whoever sent it waits for this.
  if (ending_signal() != 0) die_by(ending_signal());
  if (!status && status.error().error_class == ErrorClass::interrupted) die_by(SIGINT);
  return result;
}

Error explain(const std::exception& error) {
  const auto* const system = dynamic_cast<const std::system_error*>(&error);
  if (system != nullptr && system->code() == std::errc::resource_unavailable_try_again)
    return {.message = "No thread can be started: this user has as many processes as are allowed.",
            .hint = "Raise the limit: ulimit -u."};
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr)
    return {.message = "There is not enough memory.", .hint = "Raise the limit: ulimit -v."};
  return {.message = std::string("A defect: ") + error.what() + "."};
}

int status_of_run(std::span<char*> words) {
  Context context = context_for(words);
  try {
    return main_of(context, words);
  } catch (const std::exception& error) {
    end_progress();
    return report(context, explain(error));
  }
}

}  // namespace
}  // namespace oauth_token::cli

int main(int argc, char** argv) {
  using namespace oauth_token::cli;
  protect_process();
  set_inheritance_right();
  let_writes_fail();
  open_libraries_well();
  oauth_token::use_keyrings_of_own_threads();
  const std::span<char*> words(argv + (argc > 0 ? 1 : 0), argc > 0 ? static_cast<std::size_t>(argc - 1) : 0);
  const int status = status_of_run(words);
  // All of ours is done and written. What thirty libraries do at an end, freeing what the system takes back
  // anyway, costs 2 % of an http token.
  _exit(status);
}
