#pragma once

#include <oauth_token/error.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

/// An object whose calls are counted: set when its destruction begins.
using Gone = std::shared_ptr<std::atomic<bool>>;

inline Gone not_gone() { return std::make_shared<std::atomic<bool>>(false); }

/// What became of every call: each is answered once, or dropped with the object that was called.
class Calls {
 public:
  static constexpr std::size_t classes = static_cast<std::size_t>(oauth_token::ErrorClass::interrupted) + 1;

  std::atomic<long> begun = 0;
  std::atomic<long> succeeded = 0;
  std::array<std::atomic<long>, classes> failed = {};  ///< by class
  std::atomic<long> dropped = 0;                       ///< with the object
  std::atomic<long> lost = 0;                          ///< forgotten while the object lived
  std::atomic<long> twice = 0;                         ///< answered again
  std::atomic<long> open = 0;                          ///< neither, so far

  /// A callback for one call; `then` sees its answer.
  template <class T>
  std::function<void(oauth_token::Result<T>)> expect(
      const Gone& gone, std::function<void(const oauth_token::Result<T>&)> then = {}) {
    return [ticket = std::make_shared<Ticket>(*this, gone),
            then = std::move(then)](const oauth_token::Result<T>& result) {
      ticket->answer(result);
      if (then) then(result);
    };
  }

  template <class T>
  void count(const oauth_token::Result<T>& result) {
    if (result)
      ++succeeded;
    else
      count_failure(result.error());
  }

  /// Of the first failure that no fault explains.
  [[nodiscard]] std::string unexpected() {
    const std::lock_guard lock(mutex_);
    return unexpected_;
  }

 private:
  class Ticket {
   public:
    Ticket(Calls& calls, Gone gone) : calls_(calls), gone_(std::move(gone)) {
      ++calls_.begun;
      ++calls_.open;
    }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() {
      if (!answered_) ++(*gone_ ? calls_.dropped : calls_.lost);
      --calls_.open;
    }
    template <class T>
    void answer(const oauth_token::Result<T>& result) {
      if (answered_.exchange(true))
        ++calls_.twice;
      else
        calls_.count(result);
    }

   private:
    Calls& calls_;
    Gone gone_;
    std::atomic<bool> answered_ = false;
  };

  void count_failure(const oauth_token::Error& error) {
    ++failed.at(static_cast<std::size_t>(error.error_class));
    if (error.reason == "thrown") return;  // by a dialog of ours
    using oauth_token::ErrorClass;
    for (const auto never : {ErrorClass::internal, ErrorClass::usage, ErrorClass::config, ErrorClass::output,
                             ErrorClass::insecure, ErrorClass::client_auth, ErrorClass::request})
      if (error.error_class == never) {
        const std::lock_guard lock(mutex_);
        if (unexpected_.empty())
          unexpected_ = std::string(to_string(never)) + ": " + error.message + " " + error.hint;
      }
  }

  std::mutex mutex_ = {};
  std::string unexpected_ = {};
};
