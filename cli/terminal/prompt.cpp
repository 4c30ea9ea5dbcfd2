#include "prompt.hpp"

#include "descriptor.hpp"
#include "typed_line.hpp"

#include <oauth_token/secret_source.hpp>
#include <oauth_token/text.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

constexpr std::array fatal_signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
constexpr std::array watched_signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT};

std::array<volatile std::sig_atomic_t, NSIG> seen{};
int ended_by = 0;

extern "C" void note_signal(int number) { seen[static_cast<std::size_t>(number)] = 1; }

bool was_seen(int number) noexcept { return seen.at(static_cast<std::size_t>(number)) != 0; }

// Notes the signals that matter while a question is open. They arrive only inside ppoll. One that was ignored
// before (nohup) stays so.
class WatchedSignals {
 public:
  WatchedSignals() noexcept {
    for (auto& one : seen) one = 0;
    sigset_t watched;
    ::sigemptyset(&watched);
    for (const int number : watched_signals) ::sigaddset(&watched, number);
    ::pthread_sigmask(SIG_BLOCK, &watched, &mask_before_);
    during_wait_ = mask_before_;
    for (std::size_t i = 0; i < watched_signals.size(); ++i) {
      const int number = watched_signals[i];
      ::sigdelset(&during_wait_, number);
      ::sigaction(number, nullptr, &before_[i]);
      if (before_[i].sa_handler == SIG_IGN) continue;
      struct sigaction action = {};
      action.sa_handler = note_signal;
      ::sigfillset(&action.sa_mask);
      ::sigaction(number, &action, nullptr);
    }
  }
  WatchedSignals(const WatchedSignals&) = delete;
  WatchedSignals& operator=(const WatchedSignals&) = delete;
  WatchedSignals(WatchedSignals&&) = delete;
  WatchedSignals& operator=(WatchedSignals&&) = delete;
  ~WatchedSignals() {
    for (std::size_t i = 0; i < watched_signals.size(); ++i)
      ::sigaction(watched_signals[i], &before_[i], nullptr);
    ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
  }

  [[nodiscard]] const sigset_t& during_wait() const noexcept { return during_wait_; }

 private:
  std::array<struct sigaction, watched_signals.size()> before_{};
  sigset_t mask_before_{};
  sigset_t during_wait_{};
};

bool in_foreground(int terminal) noexcept { return ::tcgetpgrp(terminal) == ::getpgrp(); }

// The terminal as one question needs it; given back as it was.
class Modes {
 public:
  Modes(int terminal, bool hidden) noexcept : terminal_(terminal) {
    if (::tcgetattr(terminal, &before_) != 0) return;
    termios during = before_;
    if (hidden) {
      during.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHOE | ECHOK | ECHONL | ICANON);
      during.c_cc[VMIN] = 1;
      during.c_cc[VTIME] = 0;
    } else {
      during.c_lflag |= ECHO | ECHOE | ECHOK | ICANON;
      during.c_iflag |= IUTF8;  // erase takes a whole character
    }
    set_ = ::tcsetattr(terminal, TCSANOW, &during) == 0;
  }
  Modes(const Modes&) = delete;
  Modes& operator=(const Modes&) = delete;
  Modes(Modes&&) = delete;
  Modes& operator=(Modes&&) = delete;
  ~Modes() {
    // In the background the terminal is another's, who has set it up as he needs it.
    if (set_ && in_foreground(terminal_)) ::tcsetattr(terminal_, TCSANOW, &before_);
  }

  explicit operator bool() const noexcept { return set_; }
  [[nodiscard]] EditingKeys keys() const noexcept {
    const auto key = [this](std::size_t index) {
      return before_.c_cc[index] == _POSIX_VDISABLE ? -1 : static_cast<int>(before_.c_cc[index]);
    };
    const bool extended = (before_.c_lflag & static_cast<tcflag_t>(IEXTEN)) != 0;
    return {.erase = key(VERASE),
            .word_erase = extended ? key(VWERASE) : -1,
            .kill = key(VKILL),
            .end = key(VEOF),
            .literal_next = extended ? key(VLNEXT) : -1};
  }

 private:
  int terminal_;
  termios before_{};
  bool set_ = false;
};

enum class Outcome { answered, given_up, too_long, signalled, stopped, broken };

// One try at a question, from the prompt to the end of the line.
class Conversation {
 public:
  Conversation(int terminal, int wake_up, const Question& question) noexcept
      : terminal_(terminal), wake_up_(wake_up), question_(question) {}

  // `note` is shown before the question.
  Outcome run(const std::string& note) {
    const WatchedSignals signals;
    waiting_mask_ = signals.during_wait();
    Outcome outcome = Outcome::broken;
    {
      const Modes modes(terminal_, question_.hidden);
      if (!modes) return Outcome::broken;
      outcome = say(note + escape_for_terminal(question_.text));
      if (outcome == Outcome::answered) outcome = listen(modes);
    }
    const bool line_is_open = question_.hidden || outcome != Outcome::answered;
    if (line_is_open && in_foreground(terminal_) && !was_seen(SIGTSTP)) say("\n");
    return outcome;
  }

  Secret take() noexcept { return std::move(answer_); }

 private:
  Outcome say(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::write(terminal_, text.data(), text.size());
      if (count > 0) {
        text.remove_prefix(static_cast<std::size_t>(count));
      } else if (errno == EAGAIN) {
        if (const Outcome woken = wait(POLLOUT); woken != Outcome::answered) return woken;
      } else if (errno != EINTR) {
        return Outcome::broken;
      }
    }
    return Outcome::answered;
  }

  // `answered`: the terminal is ready.
  Outcome wait(short events) const noexcept {
    std::array<pollfd, 2> on{{{.fd = terminal_, .events = events, .revents = 0},
                              {.fd = wake_up_, .events = POLLIN, .revents = 0}}};
    const int ready = ::ppoll(on.data(), on.size(), nullptr, &waiting_mask_);
    // What is ready comes before signals, and to read in the background is to be stopped with them pending.
    constexpr timespec at_once{};
    if (ready > 0) (void)::ppoll(nullptr, 0, &at_once, &waiting_mask_);
    for (const int number : watched_signals)
      if (was_seen(number)) return Outcome::signalled;
    if (on[1].revents != 0) return Outcome::stopped;
    return ready < 0 && errno != EINTR ? Outcome::broken : Outcome::answered;
  }

  // One byte at a time: what is typed ahead belongs to whoever reads next.
  Outcome listen(const Modes& modes) {
    TypedLine line(question_.hidden ? modes.keys() : EditingKeys{-1, -1, -1, -1, -1}, secret_source_limit);
    for (;;) {
      if (const Outcome woken = wait(POLLIN); woken != Outcome::answered) return woken;
      char byte = 0;
      const ssize_t count = ::read(terminal_, &byte, 1);
      if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (count < 0) return Outcome::broken;
      if (count == 0) return Outcome::given_up;
      const TypedLine::State state = line.type(byte);
      byte = 0;
      if (state == TypedLine::State::given_up) return Outcome::given_up;
      if (state == TypedLine::State::too_long) return Outcome::too_long;
      if (state == TypedLine::State::complete) break;
    }
    answer_ = line.take();
    return Outcome::answered;
  }

  int terminal_;
  int wake_up_;
  const Question& question_;
  sigset_t waiting_mask_{};
  Secret answer_;
};

tl::unexpected<Error> no_answer(Outcome outcome, const Question& question) {
  switch (outcome) {
    case Outcome::given_up:
      return fail(ErrorClass::usage, "No " + question.what + " was given.");
    case Outcome::too_long:
      return fail(ErrorClass::usage, "The " + question.what + " that was typed is longer than 64 KiB.");
    case Outcome::stopped:
    case Outcome::signalled:
      return fail(ErrorClass::interrupted, "Interrupted while the " + question.what + " was asked for.");
    default:
      return fail(ErrorClass::usage, "The terminal cannot be used to ask for the " + question.what + ".",
                  "It was closed, or this program runs in its background.");
  }
}

// The handlers are the caller's again. A fatal signal is noted for him; a stop takes place here. True: ask
// again.
bool after_signal() noexcept {
  for (const int number : fatal_signals) {
    if (was_seen(number)) {
      ended_by = number;
      return false;
    }
  }
  if (was_seen(SIGTSTP)) (void)::raise(SIGTSTP);
  return true;
}

}  // namespace

Result<Secret> ask(const Question& question, const std::stop_token& stop) {
  const Descriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!terminal) {
    Error error{.error_class = ErrorClass::usage,
                .message = "There is no terminal on which to ask for the " + question.what + ".",
                .reason = "no-terminal"};
    return fail(std::move(error));
  }
  const StopDescriptor wake_up(stop);
  std::string note = question.before.empty() ? "" : escape_for_terminal(question.before) + "\n";
  for (;;) {
    // Harmless in the foreground; in the background it stops this program until it is in the foreground, so
    // that the modes read afterwards are ours and not those of the shell's own line editor.
    if (::tcflow(terminal.get(), TCOON) != 0 || !in_foreground(terminal.get()))
      return no_answer(Outcome::broken, question);
    // What was refused was perhaps the first line of a text pasted by mistake: the others are no answers.
    if (!question.before.empty()) ::tcflush(terminal.get(), TCIFLUSH);
    Conversation conversation(terminal.get(), wake_up.get(), question);
    const Outcome outcome = conversation.run(note);
    if (outcome == Outcome::signalled && after_signal()) continue;
    if (outcome != Outcome::answered) return no_answer(outcome, question);
    Secret answer = conversation.take();
    if (!answer.empty() || question.may_be_empty) return answer;
    note = "Nothing was typed. Try again, or give up with Ctrl-D.\n";
  }
}

int pending_signal() noexcept { return ended_by; }

}  // namespace oauth_token::cli
