#include "signals.hpp"

#include "terminal/progress.hpp"
#include "terminal/prompt.hpp"

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <thread>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

constexpr int watched[] = {SIGINT, SIGTERM, SIGHUP};
std::atomic<int> caught{0};
std::atomic<int> wake_up{-1};
std::atomic<bool> renewing{false};
std::atomic<bool> stop_postponed{false};
std::atomic<void (*)(int)> at_stop{SIG_DFL};

void set_handler(int signal, void (*handler)(int)) noexcept {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  (void)sigaction(signal, &action, nullptr);
}

bool is_ignored(int signal) noexcept {
  struct sigaction now {};
  return sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

void handle(int signal) {
  const int saved = errno;
  int none = 0;
  if (!caught.compare_exchange_strong(none, signal)) {
    // A closing terminal or a logout sends more than one; a person who insists presses Ctrl-C again.
    if (renewing && signal != SIGINT) return;
    set_handler(signal, SIG_DFL);
    (void)raise(signal);  // delivered when this handler returns
  }
  const std::uint64_t one = 1;
  (void)!write(wake_up.load(), &one, sizeof one);
  errno = saved;
}

/// Meanwhile shows for how long the program waits.
void await_signal(int descriptor) noexcept {
  while (caught == 0) {
    pollfd on{descriptor, POLLIN, 0};
    std::uint64_t count = 0;
    if (poll(&on, 1, draw_progress()) > 0) (void)!read(descriptor, &count, sizeof count);
  }
}

void pass_over(int /*signal*/) {}

void postpone(int /*signal*/) { stop_postponed = true; }

/// Stops as if nobody had caught the signal, but for the line on the terminal, which the shell has meanwhile.
void stop_without_progress(int signal) {
  const int saved = errno;
  hide_progress();
  set_handler(signal, SIG_DFL);
  sigset_t only;
  sigset_t before;
  sigemptyset(&only);
  sigaddset(&only, signal);
  (void)pthread_sigmask(SIG_UNBLOCK, &only, &before);
  (void)raise(signal);
  (void)pthread_sigmask(SIG_SETMASK, &before, nullptr);
  set_handler(signal, stop_without_progress);
  errno = saved;
}

void swap_handler(int signal, void (*from)(int), void (*to)(int)) noexcept {
  struct sigaction now {};
  (void)sigaction(signal, nullptr, &now);
  if (now.sa_handler == from) set_handler(signal, to);
}

/// Without the thread signals do what they always do: they end the program at once.
bool start_watching(std::stop_source& source, int descriptor, bool json) {
  // New threads inherit the mask: at no moment may this one take what another has to wait for.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  bool is_started = true;
  try {
    std::thread([&source, descriptor, json] {
      await_signal(descriptor);
      end_progress();
      source.request_stop();
      const std::string_view patience =
          json ? "{\"warning\":\"finishing the renewal; another Ctrl-C may lose the session\"}\n"
               : "oauth-token: finishing the renewal; another Ctrl-C may lose the session\n";
      if (renewing) (void)!write(STDERR_FILENO, patience.data(), patience.size());
    }).detach();
  } catch (const std::system_error&) {
    is_started = false;  // this user may start no more
  }
  (void)pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return is_started;
}

std::stop_token begin_watching(bool json, int progress_on) {
  // Lives until the program ends, as its thread does.
  static auto& source = *new std::stop_source;
  const int descriptor = eventfd(0, EFD_CLOEXEC);
  if (descriptor == -1) return {};
  wake_up = descriptor;
  if (progress_on != -1) allow_progress(progress_on, descriptor);
  if (!start_watching(source, descriptor, json)) {
    end_progress();
    return source.get_token();
  }
  for (const int signal : watched)
    if (!is_ignored(signal)) set_handler(signal, handle);
  if (progress_on != -1 && !is_ignored(SIGTSTP)) {
    at_stop = stop_without_progress;
    set_handler(SIGTSTP, stop_without_progress);
  }
  return source.get_token();
}

}  // namespace

void let_writes_fail() noexcept {
  // Not SIG_IGN, which our children would inherit; who ignored them before us wants them to.
  for (const int signal : {SIGPIPE, SIGXFSZ})
    if (!is_ignored(signal)) set_handler(signal, pass_over);
}

std::stop_token watch_signals(bool json, int progress_on) {
  static const std::stop_token stop = begin_watching(json, progress_on);
  return stop;
}

int ending_signal() noexcept {
  const int asked = pending_signal();
  return asked != 0 ? asked : caught.load();
}

void hold_signals_back(bool begins) noexcept {
  renewing = begins;
  swap_handler(SIGQUIT, begins ? SIG_DFL : handle, begins ? handle : SIG_DFL);
  swap_handler(SIGTSTP, begins ? at_stop.load() : postpone, begins ? postpone : at_stop.load());
  if (!begins && stop_postponed.exchange(false)) (void)kill(getpid(), SIGTSTP);
}

void stop_watching_signals() noexcept {
  for (const int signal : watched) swap_handler(signal, handle, SIG_DFL);
  swap_handler(SIGTSTP, at_stop.load(), SIG_DFL);
}

void die_by(int signal) noexcept {
  set_handler(signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  (void)pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  (void)raise(signal);
  _exit(128 + signal);
}

}  // namespace oauth_token::cli
