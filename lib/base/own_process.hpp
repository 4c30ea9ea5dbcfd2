#pragma once

#include <oauth_token/error.hpp>

#include <memory>

#include <sys/types.h>
#include <unistd.h>

namespace oauth_token {

/// Remembers the process that an object was made in. A forked child has a copy of its memory, with mutexes as
/// they just were, but none of its threads, and shares its connections.
class OwnProcess {
 public:
  [[nodiscard]] bool is_this() const noexcept { return ::getpid() == process_; }
  /// `usage` in a child.
  [[nodiscard]] Result<void> check() const;

 private:
  pid_t process_ = ::getpid();
};

/// Owns a `T` that only its own process can take down. A child leaves it alone: the memory is lost there.
template <class T>
struct DeleteInOwnProcess {
  OwnProcess process = {};
  void operator()(T* object) const noexcept {
    if (process.is_this()) std::default_delete<T>()(object);
  }
};
template <class T>
using OwnedHere = std::unique_ptr<T, DeleteInOwnProcess<T>>;

}  // namespace oauth_token
