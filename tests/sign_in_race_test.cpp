// Who signs in waits for whoever is busy with the session, and then meets it as that one left it.

#include "support/session_world.hpp"

#include <chrono>
#include <string>
#include <thread>

namespace sign_in_race_test {

using namespace world;
using namespace std::chrono_literals;

namespace {

/// In files, as `store move` knows them.
struct FileWorld : World {
  std::string other = folder.path + "/other";

  SessionOptions in_files() {
    SessionOptions in_files = options();
    in_files.store = nullptr;
    in_files.file.allow_plaintext = true;
    return in_files;
  }

  int sign_in(const std::string& scope) {
    SessionRecord wanted = World::wanted();
    wanted.store = "file";
    wanted.scope = {scope};
    auto prepared = SignIn::prepare(wanted, true, in_files());
    if (!prepared) return 1;
    return prepared->request(World::grant()) ? 0 : 2;
  }

  [[nodiscard]] std::string tokens() const { return state + "/tokens/" + record().id + ".sealed"; }
};

/// How often the process has the file open.
int open_in(pid_t process, const std::string& file) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(process) + "/fd")) {
    std::error_code gone;
    count += fs::read_symlink(entry.path(), gone) == file ? 1 : 0;
  }
  return count;
}

/// What happens to the session while somebody who signs in waits for it.
template <class Change>
int sign_in_after(FileWorld& world, const std::string& scope, Change change) {
  const std::string file = world.state + "/locks/" + world.record().id + ".lock";
  const int lock = ::open(file.c_str(), O_RDWR);
  REQUIRE(::flock(lock, LOCK_EX) == 0);
  const pid_t child = start([&] { return world.sign_in(scope); });
  while (open_in(child, file) < 2) std::this_thread::sleep_for(1ms);
  change();
  ::flock(lock, LOCK_UN);
  ::close(lock);
  return end_of(child);
}

}  // namespace

TEST_CASE("a session that was moved meanwhile leaves no tokens behind") {
  for (const std::string scope : {"read", "write"}) {  // it goes on, or is replaced
    CAPTURE(scope);
    FileWorld world;
    REQUIRE(world.sign_in("read") == 0);
    fs::create_directory(world.other);
    const int status = sign_in_after(world, scope, [&] {
      fs::rename(world.tokens(), world.other + "/" + world.record().id + ".sealed");
      world.change([&](SessionRecord& record) { record.store = "file:" + world.other; });
    });
    CHECK(status == 0);
    CHECK(fs::is_empty(world.other));
    CHECK(world.record().store == "file");
    CHECK(value(TokenSource(Session::open("work", world.in_files())).token()) == "at-2");
  }
}

TEST_CASE("a session that was forgotten meanwhile is begun anew") {
  FileWorld world;
  REQUIRE(world.sign_in("read") == 0);
  const SessionRecord old = world.record();
  const int status = sign_in_after(world, "read", [&] {
    fs::remove(world.tokens());
    fs::remove(world.state + "/locks/" + old.id + ".lock");
    REQUIRE(SessionFolder::open(world.state).value().remove("work").has_value());
  });
  CHECK(status == 0);
  CHECK(world.record().id != old.id);
  CHECK_FALSE(fs::exists(world.state + "/locks/" + old.id + ".lock"));
  CHECK(value(TokenSource(Session::open("work", world.in_files())).token()) == "at-2");
}

}  // namespace sign_in_race_test
