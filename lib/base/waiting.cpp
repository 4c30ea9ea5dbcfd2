#include "base/waiting.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

namespace oauth_token {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    number_ = other.release();
  }
  return *this;
}

int Descriptor::release() noexcept { return std::exchange(number_, -1); }

void Descriptor::close() noexcept {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

int milliseconds_until(Deadline deadline) noexcept {
  constexpr std::chrono::milliseconds longest = std::chrono::hours(1);
  const auto now = Deadline::clock::now();
  if (deadline <= now) return 0;
  if (deadline - now > longest) return static_cast<int>(longest.count());
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count());
}

Waiting::Waiting(std::stop_token stop) : stop_(std::move(stop)) {
  if (!stop_.stop_possible()) return;
  wake_up_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (wake_up_) callback_.emplace(stop_, Signal{wake_up_.get()});
}

void Waiting::Signal::operator()() const noexcept {
  const std::uint64_t one = 1;
  // Cannot fail: one write to a fresh counter.
  [[maybe_unused]] const ssize_t written = ::write(descriptor, &one, sizeof one);
}

Wake Waiting::wait(std::span<pollfd> on, std::optional<Deadline> deadline) const {
  using std::chrono::milliseconds;
  std::array<pollfd, 7> all{};
  const std::size_t count = std::min(on.size(), all.size() - 1);
  // Without a descriptor to spare for the wake-up, look at the token often.
  const bool blind = stop_.stop_possible() && !wake_up_;
  while (!stop_.stop_requested()) {
    milliseconds left = blind ? milliseconds(50) : milliseconds(-1);
    bool last = false;
    if (deadline) {
      const milliseconds until(milliseconds_until(*deadline));
      last = until == milliseconds(0);
      left = blind ? std::min(left, until) : until;
    }
    std::copy_n(on.begin(), count, all.begin());
    all.at(count) = {.fd = wake_up_.get(), .events = POLLIN, .revents = 0};
    const int ready = ::poll(all.data(), count + 1, static_cast<int>(left.count()));
    if (stop_.stop_requested()) break;
    if (ready > 0) {
      std::copy_n(all.begin(), count, on.begin());
      return Wake::ready;
    }
    if (last) return Wake::deadline;
  }
  return Wake::stopped;
}

}  // namespace oauth_token
