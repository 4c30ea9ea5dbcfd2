#pragma once

#include <cstdint>
#include <stop_token>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

namespace oauth_token::cli {

/// Owns a file descriptor. -1: none.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  explicit operator bool() const noexcept { return number_ >= 0; }
  [[nodiscard]] int get() const noexcept { return number_; }

 private:
  int number_;
};

/// A descriptor that is readable from `wake` until `reset`.
class EventDescriptor {
 public:
  explicit EventDescriptor(bool wanted = true)
      : readable_(wanted ? ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1) {}

  [[nodiscard]] int get() const noexcept { return readable_.get(); }
  void wake() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(readable_.get(), &one, sizeof one);
  }
  void reset() const noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t taken = ::read(readable_.get(), &count, sizeof count);
  }

 private:
  Descriptor readable_;
};

/// A descriptor that becomes readable when a stop is requested; -1 where none can be.
class StopDescriptor {
 public:
  explicit StopDescriptor(const std::stop_token& stop)
      : event_(stop.stop_possible()), callback_(stop, Wake{event_}) {}

  [[nodiscard]] int get() const noexcept { return event_.get(); }

 private:
  struct Wake {
    const EventDescriptor& event;
    void operator()() const noexcept { event.wake(); }
  };
  EventDescriptor event_;
  std::stop_callback<Wake> callback_;
};

}  // namespace oauth_token::cli
