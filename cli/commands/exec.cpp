#include "commands.hpp"
#include "exec/handover.hpp"
#include "exec/supervision.hpp"
#include "exec/token_file.hpp"
#include "output/report.hpp"
#include "process.hpp"
#include "request/renewal.hpp"
#include "signals.hpp"
#include "terminal/progress.hpp"

#include <oauth_token/exit_status.hpp>

#include <cerrno>
#include <cstring>

namespace oauth_token::cli {
namespace {

/// `error` is why COMMAND could not be run. Status as env(1) has it.
Result<int> cannot_run(Context& context, const char* command, int error) {
  context.failure_status = error == ENOENT ? exit_not_found : exit_not_executable;
  return fail(ErrorClass::usage,
              "The command \"" + std::string(command) + "\" cannot be run: " + std::strerror(error) + ".",
              error == ENOENT ? "Check its name and PATH." : "");
}

Result<int> run_in_our_place(Context& context, ChildProcess& command) {
  stop_watching_signals();
  end_progress();
  // Held back while a renewal was finished, perhaps.
  if (ending_signal() != 0) die_by(ending_signal());
  return cannot_run(context, command.words[0], become(command));
}

Result<int> run_beside(Context& context, ChildProcess& command, SessionTokens tokens, const Token& token,
                       TokenFile file) {
  end_progress();  // the terminal is COMMAND's
  const auto end = supervise(context, command, tokens, token, file);
  if (!end) return fail(end.error());
  if (end->start_error != 0) return cannot_run(context, command.words[0], end->start_error);
  { [[maybe_unused]] const SessionTokens waits_for_a_renewal_under_way = std::move(tokens); }
  if (end->signal != 0) die_by(end->signal);
  return end->status;
}

}  // namespace

Result<int> run_exec(Context& context, const Settings& settings) {
  auto inherited = inherited_descriptors();
  auto wishes = handover_wishes(settings);
  if (!wishes) return fail(std::move(wishes.error()));
  if (settings.flag("dry-run")) return show_renewal(context, settings);
  std::optional<TokenFile> file;
  if (!wishes->file.empty()) {
    auto prepared = TokenFile::prepare(wishes->file);
    if (!prepared) return fail(std::move(prepared.error()));
    file.emplace(std::move(*prepared));
  }
  auto tokens = open_session_tokens(context, settings);
  if (!tokens) return fail(std::move(tokens.error()));
  auto token = ask_for_token(context, settings, *tokens);
  if (!token) return fail(std::move(token.error()));
  for (const std::string& sentence : token->warnings) warn(context, sentence);
  auto handover = Handover::prepare(*wishes, *token);
  if (!handover) return fail(std::move(handover.error()));
  ChildProcess command{settings.child, std::move(*handover), std::move(inherited)};
  if (file) return run_beside(context, command, std::move(*tokens), *token, std::move(*file));
  return run_in_our_place(context, command);
}

}  // namespace oauth_token::cli
