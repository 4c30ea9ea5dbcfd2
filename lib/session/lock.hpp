#pragma once

#include "base/folder.hpp"
#include "base/waiting.hpp"

#include <oauth_token/error.hpp>

#include <stop_token>
#include <string>
#include <utility>

namespace oauth_token {

/// One holder among all processes and threads of this user: flock(2) on a file in the state folder. The
/// holder alone removes it, where the session is gone; who waited for it meanwhile has locked what no name
/// stands for any more, notices, and begins anew. Given back by LOCK_UN, so that a forked child that still
/// has the descriptor does not keep it.
class Lock {
 public:
  /// `name` is the file's, `what` completes "Another process is busy with …". Blocks until the deadline
  /// (`timeout`, reason "lock") or a stop request (`interrupted`). Class `store` where the file system has no
  /// locks: there is no going on without.
  static Result<Lock> acquire(const Folder& state, const std::string& name, const std::string& what,
                              Deadline deadline, std::stop_token stop);
  Lock(Lock&&) noexcept = default;
  /// What was locked is no more: the file goes when the lock is given back.
  void remove_file() noexcept { removes_ = true; }
  Lock& operator=(Lock&&) = delete;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock();

 private:
  Lock(Folder locks, std::string name, Descriptor file) noexcept
      : locks_(std::move(locks)), name_(std::move(name)), file_(std::move(file)) {}

  Folder locks_;
  std::string name_;
  Descriptor file_;  ///< empty: moved from
  bool removes_ = false;
};

/// The lock of a session's tokens, taken by everything that spends, replaces or removes them.
Result<Lock> lock_session(const Folder& state, const std::string& id, const std::string& name,
                          Deadline deadline, std::stop_token stop);

/// The lock of a session's name, taken before the other by who signs in; leaves no file.
Result<Lock> lock_session_name(const Folder& state, const std::string& name, Deadline deadline,
                               std::stop_token stop);

}  // namespace oauth_token
