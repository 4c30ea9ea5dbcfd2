#pragma once

#include <mutex>

namespace oauth_token::cli {

// After a second of waiting, a line on the terminal says for how long: "| Waiting, 3 s". It is drawn by the
// thread that waits for signals, which is there anyhow; without a terminal nothing here does anything.

/// Whether standard error is a terminal that can erase a line.
bool can_show_progress(int descriptor) noexcept;

/// From now on waiting shows on `terminal`. A write to `wake_up`, an eventfd, has the thread that draws look
/// again.
void allow_progress(int terminal, int wake_up) noexcept;
/// One of many requests has ended: how many have is shown, too.
void count_progress(bool is_token) noexcept;
/// Draws what is due. Returns the milliseconds until the next time; -1: until it is woken.
int draw_progress() noexcept;
/// Erases the line, and nothing is shown any more. From any thread.
void end_progress() noexcept;
bool progress_is_allowed() noexcept;

/// While one lives, the program waits for something that may take long. From any thread.
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

/// While one lives, the terminal is for something else: the line is erased, and not drawn. One at a time.
class TerminalTurn {
 public:
  TerminalTurn() noexcept;

 private:
  std::unique_lock<std::timed_mutex> lock_;
};

}  // namespace oauth_token::cli
