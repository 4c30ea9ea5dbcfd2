#include "http/poller.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <sys/eventfd.h>
#include <unistd.h>

namespace oauth_token::http {
Result<void> Poller::open() {
  epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
  wake_up_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  // Each write is one edge, so that nobody needs to read.
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.fd = wake_up_.get()}};
  if (epoll_ && wake_up_ && ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_up_.get(), &event) == 0) return {};
  return fail(ErrorClass::internal,
              "The system gives no descriptor to wait with: " + std::generic_category().message(errno) + ".");
}

void Poller::watch(std::uint32_t mark, int descriptor, bool to_receive, bool to_send) {
  const auto place = static_cast<std::size_t>(descriptor);
  if (place >= watched_.size()) watched_.resize(std::max<std::size_t>(place + 1, 2 * watched_.size()));
  Watched& watched = watched_[place];
  std::uint32_t events = 0;
  if (to_receive) events |= EPOLLIN;
  if (to_send) events |= EPOLLOUT;
  if (events == watched.events && mark == watched.mark) return;
  const int what = events == 0 ? EPOLL_CTL_DEL : watched.events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  const bool was_watched = watched.events != 0;
  watched = {.mark = mark, .events = events};
  if (events == 0 && !was_watched) return;
  epoll_event event{.events = events, .data = {.fd = descriptor}};
  if (::epoll_ctl(epoll_.get(), what, descriptor, &event) == 0 || what != EPOLL_CTL_MOD || errno != ENOENT)
    return;
  // It was closed without a word, and the number was given out again.
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event);
}

void Poller::forget(std::uint32_t mark) noexcept {
  for (std::size_t place = 0; place < watched_.size(); ++place)
    if (watched_[place].mark == mark) watch(mark, static_cast<int>(place), false, false);
}

std::span<const Poller::Event> Poller::wait(Deadline until) {
  const int count = ::epoll_wait(epoll_.get(), ready_.data(), most_events, milliseconds_until(until));
  std::size_t found = 0;
  for (int i = 0; i < count; ++i) {
    const epoll_event& ready = ready_.at(static_cast<std::size_t>(i));
    const int descriptor = ready.data.fd;
    if (descriptor == wake_up_.get()) continue;
    // Trouble is for whoever receives or sends, whichever it does.
    const bool trouble = (ready.events & (EPOLLERR | EPOLLHUP)) != 0;
    const Watched& watched = watched_[static_cast<std::size_t>(descriptor)];
    if (watched.events == 0) continue;  // closed, but a forked child has it still
    events_.at(found++) = {.mark = watched.mark,
                           .descriptor = descriptor,
                           .to_receive = trouble || (ready.events & EPOLLIN) != 0,
                           .to_send = trouble || (ready.events & EPOLLOUT) != 0};
  }
  return {events_.data(), found};
}

void Poller::wake() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_up_.get(), &one, sizeof one);
}

}  // namespace oauth_token::http
