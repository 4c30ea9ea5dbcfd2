#pragma once

#include "base/folder.hpp"
#include "base/waiting.hpp"

#include <oauth_token/error.hpp>

#include <stop_token>
#include <string>
#include <utility>

namespace oauth_token {

/// One holder among all processes and threads of this user: flock(2) on a file in the state folder. The file
/// is never removed, since two processes could then lock two files of the same name. Given back by LOCK_UN,
/// so that a forked child that still has the descriptor does not keep it.
class Lock {
 public:
  /// `name` is the file's, `what` completes "Another process is busy with …". Blocks until the deadline
  /// (`timeout`, reason "lock") or a stop request (`interrupted`). Class `store` where the file system has no
  /// locks: there is no going on without.
  static Result<Lock> acquire(const Folder& state, const std::string& name, const std::string& what,
                              Deadline deadline, std::stop_token stop);
  Lock(Lock&& other) noexcept : file_(std::move(other.file_)) {}
  Lock& operator=(Lock&&) = delete;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock();

 private:
  explicit Lock(Descriptor file) noexcept : file_(std::move(file)) {}
  Descriptor file_;
};

/// The lock of a session's tokens, taken by everything that spends, replaces or removes them.
Result<Lock> lock_session(const Folder& state, const std::string& id, const std::string& name,
                          Deadline deadline, std::stop_token stop);

/// The lock of a session's name, taken before the other by who signs in.
Result<Lock> lock_session_name(const Folder& state, const std::string& name, Deadline deadline,
                               std::stop_token stop);

}  // namespace oauth_token
