#pragma once

#include <stop_token>

namespace oauth_token::cli {

/// SIGPIPE and SIGXFSZ become errors of write(2), unless they were ignored.
void let_writes_fail() noexcept;

/// From now on the first SIGINT, SIGTERM or SIGHUP requests a stop and the next one ends the program at once;
/// signals that were ignored at the start stay ignored. Only the first call counts, the others return the
/// same token; from any thread. `json`: what is said to a person is a JSON line. `progress_on`: the terminal
/// that shows for how long the program waits (progress.hpp); -1: none does.
std::stop_token watch_signals(bool json, int progress_on);

/// The signal that ended a question at the terminal or requested the stop; 0: none.
int ending_signal() noexcept;

/// With true: a renewal is on its way, whose answer must not be lost. Then the first signal waits for its end
/// and says so, the next one does not; SIGQUIT is one of them, and SIGTSTP waits. From any thread.
void hold_signals_back(bool begins) noexcept;

/// The signals end the program at once again, as before watch_signals.
void stop_watching_signals() noexcept;

/// Ends the program by `signal`, as if nobody had caught it, so that a shell sees what happened.
[[noreturn]] void die_by(int signal) noexcept;

}  // namespace oauth_token::cli
