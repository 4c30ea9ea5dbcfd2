#include "progress.hpp"

#include "style.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds first_frame_after{1000};
constexpr milliseconds next_frame_after{200};
constexpr std::string_view frames = "|/-\\";
constexpr std::string_view erase_line = "\r\x1b[K";

std::atomic<bool> allowed{false};
std::timed_mutex turn;  // guards what follows
int terminal = -1;
int waker = -1;
int waits = 0;
int pauses = 0;
bool whole_run = false;
std::atomic<bool> shown{false};
std::atomic<std::size_t> tokens{0};
std::atomic<std::size_t> failures{0};
Clock::time_point since;

/// A terminal that takes nothing (Ctrl-S) must not hold anything up.
bool write_at_once(std::string_view text) noexcept {
  pollfd on{terminal, POLLOUT, 0};
  return poll(&on, 1, 0) == 1 && write(terminal, text.data(), text.size()) > 0;
}

void erase() noexcept {
  if (shown && write_at_once(erase_line)) shown = false;
}

bool in_foreground() noexcept { return tcgetpgrp(terminal) == getpgrp(); }

/// One column less than there are: a line that wraps could not be erased.
std::size_t columns() noexcept {
  winsize size{};
  if (ioctl(terminal, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 79;
  return size.ws_col - std::size_t{1};
}

class Line {
 public:
  void add(std::string_view text) noexcept {
    end_ = std::copy_n(text.data(), std::min(text.size(), left()), end_);
  }
  void add(std::int64_t number) noexcept { end_ = std::to_chars(end_, end_ + left(), number).ptr; }
  void truncate(std::size_t length) noexcept { end_ = text_.data() + std::min(length, size()); }
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - text_.data()); }
  [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size()}; }

 private:
  [[nodiscard]] std::size_t left() const noexcept { return text_.size() - size(); }

  std::array<char, 128> text_{};
  char* end_ = text_.data();
};

void draw(milliseconds elapsed) noexcept {
  Line line;
  line.add("\r");
  line.add(frames.substr(static_cast<std::size_t>(elapsed / next_frame_after) % frames.size(), 1));
  if (tokens + failures > 0) {
    line.add(" Tokens: ");
    line.add(static_cast<std::int64_t>(tokens));
    line.add(", failures: ");
    line.add(static_cast<std::int64_t>(failures));
    line.add(", ");
  } else {
    line.add(" Waiting, ");
  }
  line.add(elapsed.count() / 1000);
  line.add(" s");
  line.truncate(columns() + 1);
  line.add("\x1b[K");
  shown = write_at_once(line.text()) || shown;
}

void restart() noexcept {
  since = Clock::now();
  const std::uint64_t one = 1;
  (void)!write(waker, &one, sizeof one);
}

}  // namespace

bool can_show_progress(int descriptor) noexcept { return is_able_terminal(descriptor); }

void allow_progress(int on, int descriptor) noexcept {
  terminal = on;
  waker = descriptor;
  whole_run = true;
  waits = 1;
  since = Clock::now();
  allowed = true;
}

void commands_may_have_terminal() noexcept {
  if (!allowed) return;
  const std::lock_guard lock(turn);
  if (std::exchange(whole_run, false) && --waits == 0) erase();
}

void count_progress(bool is_token) noexcept { ++(is_token ? tokens : failures); }

bool progress_is_allowed() noexcept { return allowed; }

int draw_progress() noexcept {
  if (!allowed) return -1;
  // Whoever has the turn may have to wait for the terminal: signals must not.
  const std::unique_lock lock(turn, std::try_to_lock);
  if (!lock) return static_cast<int>(next_frame_after.count());
  if (!allowed || waits == 0 || pauses > 0) return -1;
  const auto elapsed = std::chrono::duration_cast<milliseconds>(Clock::now() - since);
  if (elapsed < first_frame_after) return static_cast<int>((first_frame_after - elapsed).count()) + 1;
  if (in_foreground()) draw(elapsed);
  return static_cast<int>(next_frame_after.count());
}

void end_progress() noexcept {
  if (!allowed.exchange(false)) return;
  // Who has the turn for longer has erased the line, and may wait for this thread.
  if (const std::unique_lock lock(turn, milliseconds(100)); lock) erase();
}

void hide_progress() noexcept {
  if (shown && in_foreground()) erase();
}

Waiting::Waiting() noexcept : counted_(allowed) {
  if (!counted_) return;
  const std::lock_guard lock(turn);
  if (waits++ == 0) restart();
}

Waiting::~Waiting() {
  if (!counted_) return;
  const std::lock_guard lock(turn);
  if (--waits == 0) erase();
}

Pause::Pause() noexcept : counted_(allowed) {
  if (!counted_) return;
  const std::lock_guard lock(turn);
  ++pauses;
  erase();
}

Pause::~Pause() {
  if (!counted_) return;
  const std::lock_guard lock(turn);
  if (--pauses == 0) restart();
}

TerminalTurn::TerminalTurn() noexcept {
  if (!allowed) return;
  lock_ = std::unique_lock(turn);
  erase();
}

}  // namespace oauth_token::cli
