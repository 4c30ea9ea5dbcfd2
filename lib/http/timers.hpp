#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

namespace oauth_token::http {

/// When something that lives as long as these timers is to be called next.
struct Timed {
  std::chrono::steady_clock::time_point due = std::chrono::steady_clock::time_point::max();

 private:
  template <class T>
  friend class Timers;
  std::chrono::steady_clock::time_point entered_ = std::chrono::steady_clock::time_point::max();
};

/// A heap of those times, for a `T` that is Timed. A time that is put off costs nothing until it comes, so a
/// place that is used by one request after another has one entry, and no request takes one out.
template <class T>
class Timers {
 public:
  using Time = std::chrono::steady_clock::time_point;

  void set(T& timed, Time due) {
    timed.due = due;
    if (due >= timed.entered_) return;
    timed.entered_ = due;
    heap_.push_back({due, &timed});
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  }

  /// At the latest; `max` when there is none.
  [[nodiscard]] Time next() const noexcept { return heap_.empty() ? Time::max() : heap_.front().at; }

  /// One whose time has come, which is then not set any more; else nullptr.
  T* take(Time now) {
    while (!heap_.empty() && heap_.front().at <= now) {
      std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
      const Entry entry = heap_.back();
      heap_.pop_back();
      T& timed = *entry.timed;
      if (entry.at != timed.entered_) continue;
      timed.entered_ = Time::max();
      const Time due = timed.due;
      timed.due = Time::max();
      if (due <= now) return &timed;
      if (due != Time::max()) set(timed, due);
    }
    return nullptr;
  }

 private:
  struct Entry {
    Time at;
    T* timed;
    bool operator>(const Entry& other) const noexcept { return at > other.at; }
  };
  std::vector<Entry> heap_ = {};
};

}  // namespace oauth_token::http
