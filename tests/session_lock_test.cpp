#include "session/lock.hpp"
#include "support/session_world.hpp"

#include <chrono>
#include <csignal>
#include <optional>
#include <thread>
#include <vector>

#include <sched.h>
#include <sys/stat.h>

namespace session_lock_test {

using namespace world;
using namespace std::chrono_literals;

namespace {

Deadline in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

}  // namespace

TEST_CASE("a lock has one holder among processes, and a killed holder leaves it free") {
  const TemporaryFolder temporary;
  const auto state = Folder::open(temporary.path).value();
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t holder = start([&] {
    const auto lock = lock_session(state, "id", "work", in(1s), {});
    [[maybe_unused]] const auto told = ::write(ready[1], lock ? "y" : "n", 1);
    ::pause();
    return 0;
  });
  char answer = 0;
  REQUIRE(::read(ready[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  const auto second = lock_session(state, "id", "work", in(30ms), {});
  REQUIRE_FALSE(second.has_value());
  CHECK(shown(second.error()) ==
        "timeout: Another process is busy with session \"work\", and did not finish in time.");
  CHECK(lock_session(state, "other", "other", in(30ms), {}).has_value());
  ::kill(holder, SIGKILL);
  CHECK(end_of(holder) == 1000 + SIGKILL);
  CHECK(lock_session(state, "id", "work", in(5s), {}).has_value());
}

TEST_CASE("a lock is given back although a forked child still has its descriptor") {
  const TemporaryFolder temporary;
  const auto state = Folder::open(temporary.path).value();
  pid_t child = 0;
  {
    const auto lock = lock_session(state, "id", "work", in(1s), {});
    REQUIRE(lock.has_value());
    child = start([] { return ::pause(); });
  }
  CHECK(lock_session(state, "id", "work", in(1s), {}).has_value());
  ::kill(child, SIGKILL);
  end_of(child);
}

TEST_CASE("waiting for a lock ends at a stop request") {
  const TemporaryFolder temporary;
  const auto state = Folder::open(temporary.path).value();
  const auto lock = lock_session(state, "id", "work", in(1s), {});
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  CHECK(lock_session(state, "id", "work", in(60s), stop.get_token()).error().error_class ==
        ErrorClass::interrupted);
}

TEST_CASE("the lock file is private, stays with its session, and is never a link") {
  const TemporaryFolder temporary;
  const auto state = Folder::open(temporary.path).value();
  CHECK(lock_session(state, "id", "work", in(1s), {}).has_value());
  struct stat status {};
  REQUIRE(::lstat((temporary.path + "/locks/id.lock").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0600);
  fs::create_symlink(temporary.path + "/elsewhere", temporary.path + "/locks/link.lock");
  CHECK(lock_session(state, "link", "work", in(1s), {}).error().error_class == ErrorClass::config);
  CHECK_FALSE(fs::exists(temporary.path + "/elsewhere"));
}

TEST_CASE("a lock whose session is gone leaves no file, and whoever waited for it locks the next one") {
  const TemporaryFolder temporary;
  const auto state = Folder::open(temporary.path).value();
  std::optional<Lock> first(lock_session(state, "id", "work", in(1s), {}).value());
  std::optional<Result<Lock>> second;
  std::jthread waiter([&] { second.emplace(lock_session(state, "id", "work", in(10s), {})); });
  first->remove_file();
  first.reset();
  waiter.join();
  REQUIRE(second->has_value());
  CHECK(fs::exists(temporary.path + "/locks/id.lock"));
  CHECK_FALSE(lock_session(state, "id", "work", in(30ms), {}).has_value());
  (*second)->remove_file();
  second.reset();
  CHECK(fs::is_empty(temporary.path + "/locks"));
}

TEST_CASE("a lock has one holder among many processes, each of which removes its file") {
  const TemporaryFolder temporary;
  const auto state = Folder::open(temporary.path).value();
  const std::string inside = temporary.path + "/inside";
  const auto work = [&] {
    for (int round = 0; round < 40; ++round) {
      auto lock = lock_session(state, "id", "work", in(60s), {});
      if (!lock || ::mkdir(inside.c_str(), 0700) != 0) return 1;
      ::sched_yield();
      if (::rmdir(inside.c_str()) != 0) return 2;
      lock->remove_file();
    }
    return 0;
  };
  std::vector<pid_t> processes;
  for (int i = 0; i < 12; ++i) processes.push_back(start(work));
  for (const pid_t process : processes) CHECK(end_of(process) == 0);
  CHECK(fs::is_empty(temporary.path + "/locks"));
}

TEST_CASE("the locks of a name and of an id do not meet") {
  const TemporaryFolder temporary;
  const auto state = Folder::open(temporary.path).value();
  const auto by_name = lock_session_name(state, "work", in(1s), {});
  CHECK(by_name.has_value());
  CHECK(lock_session(state, "work", "work", in(1s), {}).has_value());
}

}  // namespace session_lock_test
