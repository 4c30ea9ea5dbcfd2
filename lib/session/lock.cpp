#include "session/lock.hpp"

#include "base/random.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include <sys/file.h>

namespace oauth_token {
namespace {

using namespace std::chrono_literals;

// Each waiter at its own pace, so that fifty do not ask in step.
std::chrono::milliseconds pause() noexcept {
  std::uint8_t random = 0;
  fill_random(&random, sizeof random);
  return 5ms + std::chrono::milliseconds(random % 46);
}

}  // namespace

Result<Lock> Lock::acquire(const Folder& state, const std::string& name, const std::string& what,
                           Deadline deadline, std::stop_token stop) {
  auto locks = state.inside("locks");
  if (!locks) return fail(std::move(locks.error()));
  auto file = locks->open_file(name, true);
  const Waiting waiting(stop);
  for (;;) {
    if (!file) return fail(std::move(file.error()));
    if (::flock(file->get(), LOCK_EX | LOCK_NB) == 0) {
      if (locks->is_current(*file, name)) return Lock(std::move(*locks), name, std::move(*file));
      file = locks->open_file(name, true);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK)
      return fail(
          ErrorClass::store,
          "Cannot lock " + locks->path() + "/" + name + ": " + std::generic_category().message(errno) + ".",
          "Keep the state folder on a file system with locks (XDG_STATE_HOME).");
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline)
      return fail(Error{.error_class = ErrorClass::timeout,
                        .message = "Another process is busy with " + what + ", and did not finish in time.",
                        .hint = "Look for one that hangs: fuser " + locks->path() + "/" + name,
                        .reason = "lock",
                        .retry_safe = true});
    if (waiting.wait({}, std::min(deadline, now + pause())) == Wake::stopped)
      return fail(ErrorClass::interrupted, "Interrupted while another process was busy with " + what + ".");
  }
}

Lock::~Lock() {
  if (!file_) return;
  if (removes_ && locks_.is_current(file_, name_)) locks_.discard(name_);
  ::flock(file_.get(), LOCK_UN);
}

Result<Lock> lock_session(const Folder& state, const std::string& id, const std::string& name,
                          Deadline deadline, std::stop_token stop) {
  return Lock::acquire(state, id + ".lock", "session \"" + name + "\"", deadline, std::move(stop));
}

Result<Lock> lock_session_name(const Folder& state, const std::string& name, Deadline deadline,
                               std::stop_token stop) {
  auto lock = Lock::acquire(state, "name-" + name + ".lock", "signing in to session \"" + name + "\"",
                            deadline, std::move(stop));
  if (lock) lock->remove_file();
  return lock;
}

}  // namespace oauth_token
