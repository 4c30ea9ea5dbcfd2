#pragma once

#include <mutex>

namespace oauth_token::cli {

// After a second of waiting, a line on the terminal says for how long: "| Waiting, 3 s". The whole run of the
// program counts as waiting, whatever it waits for, but for what it leaves to a person or to another program.
// The line is drawn by the thread that waits for signals, which is there anyhow; without a terminal nothing
// here does anything.

/// Whether standard error is a terminal that can erase a line.
bool can_show_progress(int descriptor) noexcept;

/// From now on waiting shows on `terminal`. A write to `wake_up`, an eventfd, has the thread that draws look
/// again.
void allow_progress(int terminal, int wake_up) noexcept;
/// From now on only a Waiting counts: meanwhile commands may run that ask at the terminal.
void commands_may_have_terminal() noexcept;
/// One of many requests has ended: how many have is shown, too.
void count_progress(bool is_token) noexcept;
/// Draws what is due. Returns the milliseconds until the next time; -1: until it is woken.
int draw_progress() noexcept;
/// Erases the line, which comes back when it is due again. Safe in a signal handler.
void hide_progress() noexcept;
/// Erases the line, and nothing is shown any more. From any thread.
void end_progress() noexcept;
bool progress_is_allowed() noexcept;

/// While one lives, the program waits for a server. From any thread.
class Waiting {
 public:
  Waiting() noexcept;
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  Waiting(Waiting&&) = delete;
  Waiting& operator=(Waiting&&) = delete;
  ~Waiting();

 private:
  bool counted_;
};

/// While one lives, the program waits for a person or another program, who may use the terminal: the line is
/// erased, and counts from the start afterwards. From any thread; they may overlap.
class Pause {
 public:
  Pause() noexcept;
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;
  Pause(Pause&&) = delete;
  Pause& operator=(Pause&&) = delete;
  ~Pause();

 private:
  bool counted_;
};

/// While one lives, the terminal is for something else: the line is erased, and not drawn. One at a time.
class TerminalTurn {
 public:
  TerminalTurn() noexcept;

 private:
  std::unique_lock<std::timed_mutex> lock_;
};

}  // namespace oauth_token::cli
