#include "progress.hpp"

#include "style.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string_view>

#include <poll.h>
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
int wake_up = -1;
int waiting = 0;
bool shown = false;
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

void draw(milliseconds elapsed) noexcept {
  std::array<char, 128> line{};
  char* end = line.data();
  const auto add = [&](std::string_view text) {
    const auto left = static_cast<std::size_t>(line.data() + line.size() - end);
    end = std::copy_n(text.data(), std::min(text.size(), left), end);
  };
  add("\r");
  add(frames.substr(static_cast<std::size_t>(elapsed / next_frame_after) % frames.size(), 1));
  const auto add_number = [&](auto number) {
    end = std::to_chars(end, line.data() + line.size(), number).ptr;
  };
  if (tokens + failures > 0) {
    add(" Tokens: ");
    add_number(tokens.load());
    add(", failures: ");
    add_number(failures.load());
    add(", ");
  } else {
    add(" Waiting, ");
  }
  add_number(elapsed.count() / 1000);
  add(" s\x1b[K");
  shown = write_at_once({line.data(), static_cast<std::size_t>(end - line.data())}) || shown;
}

}  // namespace

bool can_show_progress(int descriptor) noexcept { return is_able_terminal(descriptor); }

void allow_progress(int on, int descriptor) noexcept {
  terminal = on;
  wake_up = descriptor;
  allowed = true;
}

void count_progress(bool is_token) noexcept { ++(is_token ? tokens : failures); }

bool progress_is_allowed() noexcept { return allowed; }

int draw_progress() noexcept {
  if (!allowed) return -1;
  // Whoever has the turn may have to wait for the terminal: signals must not.
  const std::unique_lock lock(turn, std::try_to_lock);
  if (!lock) return static_cast<int>(next_frame_after.count());
  if (waiting == 0) return -1;
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

Waiting::Waiting() noexcept : counted_(allowed) {
  if (!counted_) return;
  const std::lock_guard lock(turn);
  if (waiting++ != 0) return;
  since = Clock::now();
  const std::uint64_t one = 1;
  (void)!write(wake_up, &one, sizeof one);
}

Waiting::~Waiting() {
  if (!counted_) return;
  const std::lock_guard lock(turn);
  if (--waiting == 0) erase();
}

TerminalTurn::TerminalTurn() noexcept {
  if (!allowed) return;
  lock_ = std::unique_lock(turn);
  erase();
}

}  // namespace oauth_token::cli
