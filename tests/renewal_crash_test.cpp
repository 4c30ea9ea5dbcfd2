#include "support/session_world.hpp"

#include <csignal>
#include <string>

namespace renewal_crash_test {

using namespace world;

// Each test lets a renewal's process die by SIGKILL at one step, where a store, a server or a journal of the
// process's own surroundings can kill it, and then looks at what the next runs make of it.

namespace {

std::optional<Result<HttpResponse>> die() {
  ::raise(SIGKILL);
  return std::nullopt;
}

// Dies at the save of that number (the first one is the present tokens', the second the new ones').
FileStore::Step die_at_save(int number) {
  return [number, saves = 0](std::string_view verb) mutable -> std::optional<Error> {
    if (verb == "save" && ++saves == number) ::raise(SIGKILL);
    return std::nullopt;
  };
}

void crash(World& world, void (*prepare)(World&)) {
  const pid_t child = start([&] {
    prepare(world);
    [[maybe_unused]] const auto token = world.source().token({.renew_now = true});
    return 0;
  });
  REQUIRE(end_of(child) == 1000 + SIGKILL);
}

// Two renewals work, and the server has seen no refresh token twice.
void check_whole(World& world, const std::string& first_token) {
  CHECK(value(world.source().token()) == first_token);
  CHECK(world.source().token({.renew_now = true}).has_value());
  CHECK(world.source().token({.renew_now = true}).has_value());
  CHECK(world.server.state().reused == 0);
}

}  // namespace

TEST_CASE("killed before the intent is written: nothing happened") {
  World world;
  world.sign_in();
  crash(world, [](World& w) { w.store->before = die_at_save(1); });
  check_whole(world, "at-1");
}

TEST_CASE("killed after the intent, before the server did anything: the same refresh token still works") {
  World world;
  world.sign_in();
  world.expire();
  crash(world, [](World& w) { w.server.before_commit = die; });
  CHECK(fs::exists(world.state + "/journal/" + world.record().id + ".next"));
  check_whole(world, "at-2");
}

TEST_CASE("killed between the server's commit and the journal: lost, and the next run says why") {
  World world;
  world.sign_in();
  world.expire();
  crash(world, [](World& w) { w.server.after_commit = die; });
  const auto token = world.source().token();
  CHECK(token.error().error_class == ErrorClass::reauthenticate);
  CHECK(token.error().message.find("A renewal that began at ") != std::string::npos);
  CHECK(token.error().message.find("ended before its answer could be kept") != std::string::npos);
  world.sign_in();
  check_whole(world, "at-3");
}

TEST_CASE("killed after the journal, before the store: recovered") {
  World world;
  world.sign_in();
  world.expire();
  crash(world, [](World& w) { w.store->before = die_at_save(2); });
  CHECK(content(world.half_file()).find("rt-1") != std::string::npos);
  check_whole(world, "at-2");
  CHECK(world.server.state().refreshes == 3);
}

TEST_CASE("killed after the store, before the record: recovered") {
  World world;
  world.sign_in();
  world.expire();
  crash(world, [](World& w) { w.store->after = die_at_save(2); });
  CHECK(content(world.half_file()).find("rt-2") != std::string::npos);
  CHECK(world.record().generation == 1);
  check_whole(world, "at-2");
}

TEST_CASE("killed twice more during recovery: recovered") {
  World world;
  world.sign_in();
  world.expire();
  crash(world, [](World& w) { w.store->before = die_at_save(2); });
  crash(world, [](World& w) { w.store->before = die_at_save(1); });
  crash(world, [](World& w) { w.store->after = die_at_save(1); });
  check_whole(world, "at-2");
}

TEST_CASE("killed again in the renewal after a recovery: recovered from the journal that was taken over") {
  World world;
  world.sign_in();
  world.expire();
  crash(world, [](World& w) { w.store->before = die_at_save(2); });
  // Recovers rt-2, then spends it and dies before the store takes rt-3: saves are the recovered, the present,
  // the new one.
  crash(world, [](World& w) { w.store->before = die_at_save(3); });
  world.expire();
  check_whole(world, "at-3");
}

TEST_CASE("killed after the journal, and the journal is damaged or another's: the next run says so") {
  struct {
    const char* what;
    void (*spoil)(std::string& bytes);
  } const rows[] = {
      {"a bit flipped", [](std::string& bytes) { bytes[300] = static_cast<char>(bytes[300] ^ 1); }},
      {"truncated", [](std::string& bytes) { bytes.resize(300); }},
      {"no page", [](std::string& bytes) { bytes.replace(0, 7, "journal"); }},
      {"another session's, renamed",
       [](std::string& bytes) {
         World other;
         other.sign_in();
         other.expire();
         crash(other, [](World& w) { w.store->before = die_at_save(2); });
         const std::string id = other.record().id;
         const std::size_t at = content(other.state + "/journal/" + id + ".next").find(id);
         const std::string ours = bytes.substr(at, id.size());
         bytes = content(other.state + "/journal/" + id + ".next").replace(at, id.size(), ours);
       }},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.what));
    World world;
    world.sign_in();
    world.expire();
    crash(world, [](World& w) { w.store->before = die_at_save(2); });
    const std::string journal = world.state + "/journal/" + world.record().id + ".next";
    std::string bytes = content(journal);
    row.spoil(bytes);
    write(journal, bytes);
    const auto token = world.source().token();
    CHECK(token.error().reason == "dead");
    CHECK(token.error().message.find("The journal held a newer answer, but could not be read.") !=
          std::string::npos);
    // It is in nobody's way.
    world.sign_in();
    CHECK(world.source().token({.renew_now = true}).has_value());
  }
}

TEST_CASE("a journal of an older generation that was put back changes nothing") {
  World world;
  world.sign_in();
  CHECK(value(world.source().token({.renew_now = true})) == "at-2");
  const std::string last = world.state + "/journal/" + world.record().id + ".journal";
  const std::string older = content(last);
  CHECK(value(world.source().token({.renew_now = true})) == "at-3");
  for (const std::string& place : {last, world.state + "/journal/" + world.record().id + ".next"}) {
    write(place, older);
    check_whole(world, value(world.source().token()));
  }
}

TEST_CASE("killed while signing in again: the old session or the new one, never a mixture") {
  struct {
    const char* token;
    void (*prepare)(World&);
  } const rows[] = {{"at-1", [](World& w) { w.server.before_commit = die; }},
                    {"at-1", [](World& w) { w.server.after_commit = die; }},
                    {"at-1", [](World& w) { w.store->before = die_at_save(1); }},
                    {"at-2", [](World& w) { w.store->after = die_at_save(1); }}};
  for (const auto& row : rows) {
    World world;
    world.sign_in();
    const pid_t child = start([&] {
      row.prepare(world);
      world.sign_in();
      return 0;
    });
    REQUIRE(end_of(child) == 1000 + SIGKILL);
    CHECK(value(world.source().token()) == row.token);
    world.sign_in();
    CHECK(world.source().token({.renew_now = true}).has_value());
  }
}

TEST_CASE("killed while forgetting: what is left can be forgotten") {
  World world;
  world.sign_in();
  const pid_t child = start([&] {
    world.store->before = [](std::string_view verb) -> std::optional<Error> {
      if (verb == "erase") ::raise(SIGKILL);
      return std::nullopt;
    };
    [[maybe_unused]] const auto done = Session::open("work", world.options())->forget();
    return 0;
  });
  REQUIRE(end_of(child) == 1000 + SIGKILL);
  REQUIRE(Session::open("work", world.options())->forget().has_value());
  CHECK(fs::is_empty(world.folder.path + "/store"));
}

}  // namespace renewal_crash_test
