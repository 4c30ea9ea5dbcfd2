#pragma once

#include "context.hpp"

#include <optional>
#include <vector>

namespace oauth_token::cli {

/// No core dump, no ptrace by other programs of this user, and the three standard descriptors open: a closed
/// one could otherwise become the number of a file or connection of ours. To be called first.
void protect_process() noexcept;

/// Puts right what the program was started with: no SSLKEYLOGFILE, for which libcurl would make a file, and
/// no ignored SIGCHLD, with which the end of no child could be known. To be called before any thread is
/// started.
void set_inheritance_right() noexcept;

/// "SSLKEYLOGFILE=..." as it was at the start, for a COMMAND, whose business it is; nullptr: it was not set.
char* key_log_variable() noexcept;

/// While it lives, the limits and what becomes of SIGCHLD are those that the program was started with, for a
/// COMMAND that takes its place. Safe after vfork(2).
class StartState {
 public:
  StartState() noexcept;
  StartState(const StartState&) = delete;
  StartState& operator=(const StartState&) = delete;
  StartState(StartState&&) = delete;
  StartState& operator=(StartState&&) = delete;
  ~StartState();
};

/// The descriptors above 2 that COMMAND is to find open, since whoever started us opened them: all that do
/// not close on exec. To be called before anything that opens some. Nothing when the system does not tell.
std::optional<std::vector<int>> inherited_descriptors();

/// Lets all others close on exec, those that protect_process opened too.
void close_others_on_exec(const std::optional<std::vector<int>>& inherited);

/// Takes the secret variables: each is overwritten in place and removed from `environment`.
SecretVariables take_secret_variables(char** environment);

}  // namespace oauth_token::cli
