#include "signals.hpp"

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <thread>

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

constexpr int watched[] = {SIGINT, SIGTERM, SIGHUP};
std::atomic<int> caught{0};
std::atomic<int> wake_up{-1};

void set_handler(int signal, void (*handler)(int)) noexcept {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  (void)sigaction(signal, &action, nullptr);
}

void handle(int signal) {
  const int saved = errno;
  int none = 0;
  if (!caught.compare_exchange_strong(none, signal)) {
    set_handler(signal, SIG_DFL);
    (void)raise(signal);  // delivered when this handler returns
  }
  const std::uint64_t one = 1;
  (void)!write(wake_up.load(), &one, sizeof one);
  errno = saved;
}

void pass_over(int /*signal*/) {}

}  // namespace

std::stop_token watch_signals() {
  // Lives until the program ends, as its thread does.
  static auto& source = *new std::stop_source;
  const int descriptor = eventfd(0, EFD_CLOEXEC);
  if (descriptor == -1) return {};
  wake_up = descriptor;
  std::thread([descriptor] {
    sigset_t all;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::uint64_t count = 0;
    while (read(descriptor, &count, sizeof count) != sizeof count) {
    }
    source.request_stop();
  }).detach();
  for (const int signal : watched) {
    struct sigaction before {};
    (void)sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_IGN) set_handler(signal, handle);
  }
  set_handler(SIGPIPE, pass_over);  // not SIG_IGN, which our children would inherit
  return source.get_token();
}

int caught_signal() noexcept { return caught.load(); }

void stop_watching_signals() noexcept {
  for (const int signal : watched) {
    struct sigaction now {};
    (void)sigaction(signal, nullptr, &now);
    if (now.sa_handler == handle) set_handler(signal, SIG_DFL);
  }
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
