#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <functional>
#include <stop_token>
#include <string>

namespace oauth_token::cli {

/// One question to the person at the terminal.
struct Question {
  std::string text = {};          ///< with its final ": "; made fit for the terminal by `ask`
  std::string what = "password";  ///< what is asked for, in messages
  bool hidden = true;             ///< no echo
  bool may_be_empty = false;      ///< else an empty answer is asked for again
  std::string before = {};  ///< why it is asked again, a line above it: what is typed ahead is no answer then
};

/// How questions are asked: `ask`, or a lambda in a test. An empty function stands for --no-input.
using Asker = std::function<Result<Secret>(const Question&)>;

/// Asks on the controlling terminal, never on standard input or output, and returns the line without its end.
/// Any length. Erase takes a whole UTF-8 character, kill and word erase work as the terminal has them, Ctrl-D
/// on an empty line gives up. Blocks as long as the person takes. A stop by Ctrl-Z gives the terminal back as
/// it was; afterwards the question is asked anew. SIGINT, SIGTERM, SIGHUP and SIGQUIT end the question with
/// class `interrupted`, the terminal and the signals' handlers being as they were before: the caller cleans
/// up and then dies by `pending_signal()`. Errors: `usage` when there is no terminal (Error::reason
/// "no-terminal") or no answer, `interrupted` after a signal or a stop request. For one thread at a time.
Result<Secret> ask(const Question& question, const std::stop_token& stop = {});

/// The signal that ended a question; 0: none.
int pending_signal() noexcept;

}  // namespace oauth_token::cli
