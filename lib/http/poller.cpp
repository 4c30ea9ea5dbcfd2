#include "http/poller.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

namespace oauth_token::http {
namespace {

constexpr unsigned number_shift = 32;

constexpr std::uint64_t tag(int descriptor, std::uint32_t number) noexcept {
  return static_cast<std::uint64_t>(number) << number_shift | static_cast<std::uint32_t>(descriptor);
}

}  // namespace

Result<void> Poller::open() {
  wake_up_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (wake_up_ && begin()) return {};
  return fail(ErrorClass::internal,
              "The system gives no descriptor to wait with: " + std::generic_category().message(errno) + ".");
}

// A new set of all that is watched; false: there is none, and the old one stays.
bool Poller::begin() noexcept {
  Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  // Each write is one edge, so that nobody needs to read.
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = tag(wake_up_.get(), 0)}};
  bool is_whole = epoll && ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake_up_.get(), &event) == 0;
  for (std::size_t place = 0; is_whole && place < watched_.size(); ++place) {
    const Watched& watched = watched_[place];
    const int descriptor = static_cast<int>(place);
    event = {.events = watched.events, .data = {.u64 = tag(descriptor, watched.number)}};
    is_whole = watched.events == 0 || ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, descriptor, &event) == 0;
  }
  if (is_whole) epoll_ = std::move(epoll);
  return is_whole;
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
  const std::uint32_t number = what == EPOLL_CTL_ADD ? ++last_number_ : watched.number;
  watched = {.mark = mark, .events = events, .number = number};
  if (events == 0 && !was_watched) return;
  epoll_event event{.events = events, .data = {.u64 = tag(descriptor, number)}};
  if (::epoll_ctl(epoll_.get(), what, descriptor, &event) == 0 || what != EPOLL_CTL_MOD || errno != ENOENT)
    return;
  // It was closed without a word, and the number was given out again.
  watched.number = ++last_number_;
  event.data.u64 = tag(descriptor, watched.number);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event);
}

void Poller::forget(std::uint32_t mark) noexcept {
  for (std::size_t place = 0; place < watched_.size(); ++place)
    if (watched_[place].mark == mark) watch(mark, static_cast<int>(place), false, false);
}

std::span<const Poller::Event> Poller::wait(Deadline until) {
  const int count = ::epoll_wait(epoll_.get(), ready_.data(), most_events, milliseconds_until(until));
  std::size_t found = 0;
  bool is_haunted = false;
  for (int i = 0; i < count; ++i) {
    const epoll_event& ready = ready_.at(static_cast<std::size_t>(i));
    const auto descriptor = static_cast<std::uint32_t>(ready.data.u64);
    if (static_cast<int>(descriptor) == wake_up_.get()) continue;
    // Trouble is for whoever receives or sends, whichever it does.
    const bool trouble = (ready.events & (EPOLLERR | EPOLLHUP)) != 0;
    const Watched& watched = watched_[descriptor];
    const bool is_gone = watched.events == 0 || watched.number != ready.data.u64 >> number_shift;
    is_haunted = is_haunted || is_gone;
    if (is_gone) continue;
    events_.at(found++) = {.mark = watched.mark,
                           .descriptor = static_cast<int>(descriptor),
                           .to_receive = trouble || (ready.events & EPOLLIN) != 0,
                           .to_send = trouble || (ready.events & EPOLLOUT) != 0};
  }
  // It was closed, but a forked child has it still: nobody here can take it out of the set.
  if (is_haunted) begin();
  return {events_.data(), found};
}

void Poller::wake() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_up_.get(), &one, sizeof one);
}

}  // namespace oauth_token::http
