#include "supervision.hpp"

#include "output/report.hpp"
#include "signals.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <ctime>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

/// Holds back what is to be forwarded, and the news of COMMAND's end; from threads started meanwhile too.
class Signals {
 public:
  Signals() noexcept {
    sigemptyset(&ours_);
    for (const int number :
         {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGCONT, SIGWINCH, SIGCHLD})
      sigaddset(&ours_, number);
    (void)pthread_sigmask(SIG_BLOCK, &ours_, &before_);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  Signals(Signals&&) = delete;
  Signals& operator=(Signals&&) = delete;
  ~Signals() {
    // What came after COMMAND had ended was for COMMAND too.
    siginfo_t late{};
    const timespec at_once{};
    while (sigtimedwait(&ours_, &late, &at_once) > 0) {
    }
    (void)pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

  /// One that has come already, and would end a program that does not catch it; 0: none.
  [[nodiscard]] static int pending() noexcept {
    sigset_t waiting;
    sigemptyset(&waiting);
    (void)sigpending(&waiting);
    for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) {
      struct sigaction action {};
      (void)sigaction(number, nullptr, &action);
      if (sigismember(&waiting, number) == 1 && action.sa_handler != SIG_IGN) return number;
    }
    return 0;
  }

  /// Forwards until `child` has ended.
  [[nodiscard]] siginfo_t wait_for(pid_t child) const noexcept {
    for (;;) {
      siginfo_t news{};
      const int number = sigwaitinfo(&ours_, &news);
      siginfo_t end{};
      if (waitid(P_PID, static_cast<id_t>(child), &end, WEXITED | WNOHANG) != 0 || end.si_pid == child)
        return end;
      // The kernel's own (a positive code) went to the whole process group.
      if (number > 0 && number != SIGCHLD && news.si_code <= 0) (void)kill(child, number);
    }
  }

 private:
  sigset_t ours_{};
  sigset_t before_{};
};

using WallClock = std::chrono::system_clock;
using std::chrono::seconds;

constexpr seconds longest_retry_pause{60};

/// Keeps the file fresh, on a thread of its own.
class Freshness {
 public:
  Freshness(const Context& context, SessionTokens& tokens, const Token& first, TokenFile& file)
      : context_(context),
        tokens_(tokens),
        file_(file),
        current_(first.access_token.copy()),
        due_(due(first).value_or(WallClock::now() + seconds(1))),
        expires_at_(first.expires_at) {}

  void run(const std::stop_token& stop) {
    while (wait(stop)) {
      try {
        renew(stop);
      } catch (const std::exception& error) {
        put_off(std::string("The token could not be renewed: ") + error.what() + ".");
      }
    }
  }

 private:
  /// When the token is due for renewal; nothing when it is already. Of unknown lifetime: another process may
  /// renew it.
  [[nodiscard]] std::optional<WallClock::time_point> due(const Token& token) const {
    const auto now = std::chrono::floor<seconds>(WallClock::now());
    if (!token.expires_at) return now + longest_retry_pause;
    const auto left = *token.expires_at - now;
    // At this time it has one second less than was asked for.
    const auto spare = tokens_.wanted.min_valid ? *tokens_.wanted.min_valid - seconds(1)
                                                : renewal_margin(token.lifetime.value_or(left));
    if (left <= spare) return std::nullopt;
    return *token.expires_at - spare;
  }

  /// By the clock on the wall, so that a suspended machine renews as soon as it wakes up.
  bool wait(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    never_.wait_until(lock, stop, due_, [] { return false; });
    return !stop.stop_requested();
  }

  void renew(const std::stop_token& stop) {
    TokenSourceOptions wanted = tokens_.wanted;
    wanted.wait = seconds(0);
    auto token = tokens_.source.token(wanted, stop);
    if (stop.stop_requested()) return;
    if (!token) return put_off(token.error().message);
    for (const std::string& sentence : token->warnings) say(sentence);
    const auto next = due(*token);
    if (token->access_token == current_) {
      // One that is due and lives comes back with the warning of a renewal that failed.
      if (!next) return put_off("");
      due_ = *next;
      return;
    }
    if (auto written = file_.write(token->access_token); !written) return put_off(written.error().message);
    if (token->warnings.empty()) said_.clear();
    current_ = std::move(token->access_token);
    expires_at_ = token->expires_at;
    failures_ = 0;
    // Due already, when the server gives no better one: half of what is left.
    due_ = next.value_or(WallClock::now() +
                         std::max(*expires_at_ - WallClock::now(), WallClock::duration(seconds(2))) / 2);
  }

  void put_off(const std::string& why) {
    if (!why.empty()) say(why);
    if (expires_at_ && *expires_at_ <= WallClock::now()) {
      say("The token in " + file_.path() + " has expired; its renewal is still being tried.");
      expires_at_.reset();  // said once
    }
    due_ = WallClock::now() + std::min(longest_retry_pause, seconds(1LL << std::min(failures_++, 6)));
  }

  /// Not the same thing every minute.
  void say(const std::string& sentence) {
    if (sentence == said_) return;
    said_ = sentence;
    warn(context_, sentence);
  }

  const Context& context_;
  SessionTokens& tokens_;
  TokenFile& file_;
  Secret current_;
  WallClock::time_point due_;
  std::optional<std::chrono::sys_seconds> expires_at_;
  int failures_ = 0;
  std::string said_ = {};
  std::mutex mutex_ = {};
  std::condition_variable_any never_ = {};
};

Result<CommandEnd> run_to_end(const Signals& signals, const Context& context, ChildProcess& command,
                              SessionTokens& tokens, const Token& token, TokenFile& file) {
  if (ending_signal() != 0) return CommandEnd{.signal = ending_signal()};
  if (auto written = file.write(token.access_token); !written) return fail(std::move(written.error()));
  if (const int early = Signals::pending(); early != 0) return CommandEnd{.signal = early};
  Freshness freshness(context, tokens, token, file);
  // The one that may be refused first: COMMAND must not be left alone.
  std::jthread renewing([&freshness](const std::stop_token& stop) { freshness.run(stop); });
  pid_t child = -1;
  if (const int failed = start(command, child); failed != 0) return CommandEnd{.start_error = failed};
  const siginfo_t end = signals.wait_for(child);
  renewing.request_stop();
  renewing.join();
  if (end.si_pid != child) return CommandEnd{.start_error = ECHILD};
  if (end.si_code == CLD_EXITED) return CommandEnd{.status = end.si_status};
  return CommandEnd{.signal = end.si_status};
}

}  // namespace

Result<CommandEnd> supervise(const Context& context, ChildProcess& command, SessionTokens& tokens,
                             const Token& token, TokenFile& file) {
  const Signals signals;  // before there is a file that one could leave behind
  auto end = run_to_end(signals, context, command, tokens, token, file);
  file.remove();
  return end;
}

}  // namespace oauth_token::cli
