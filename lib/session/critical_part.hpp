#pragma once

#include <functional>

namespace oauth_token {

/// Tells the program around us which part must not be cut short.
class CriticalPart {
 public:
  explicit CriticalPart(const std::function<void(bool)>& notify) : notify_(notify) {
    if (notify_) notify_(true);
  }
  CriticalPart(const CriticalPart&) = delete;
  CriticalPart& operator=(const CriticalPart&) = delete;
  ~CriticalPart() {
    if (notify_) notify_(false);
  }

 private:
  const std::function<void(bool)>& notify_;
};

}  // namespace oauth_token
