#pragma once

#include "base/guarded.hpp"

#include <oauth_token/error.hpp>

#include <functional>
#include <utility>

namespace oauth_token {

/// Tells the program around us which part must not be cut short.
class CriticalPart {
 public:
  /// An error when `notify` threw: the part is not to begin.
  static Result<CriticalPart> begin(const std::function<void(bool)>& notify) {
    if (notify)
      if (auto told = guarded("function for critical parts", notify, true); !told)
        return fail(std::move(told.error()));
    return CriticalPart(notify);
  }
  CriticalPart(CriticalPart&& other) noexcept : notify_(std::exchange(other.notify_, nullptr)) {}
  CriticalPart& operator=(CriticalPart&&) = delete;
  /// What the part came to counts, whatever `notify` does now.
  ~CriticalPart() {
    if (notify_ != nullptr) guarded_alone([this] { (*notify_)(false); });
  }

 private:
  explicit CriticalPart(const std::function<void(bool)>& notify) noexcept
      : notify_(notify ? &notify : nullptr) {}

  const std::function<void(bool)>* notify_;
};

}  // namespace oauth_token
