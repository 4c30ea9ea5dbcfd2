#include "support/session_world.hpp"

#include <csignal>
#include <cstdint>
#include <vector>

namespace renewal_processes_test {

using namespace world;

TEST_CASE("fifty processes at once: one refresh, one token, nothing reused") {
  World world;
  world.sign_in();
  world.expire();
  int gate[2];
  REQUIRE(::pipe(gate) == 0);
  std::vector<pid_t> children;
  for (int i = 0; i < 50; ++i)
    children.push_back(start([&] {
      ::close(gate[1]);
      char byte = 0;
      [[maybe_unused]] const auto opened = ::read(gate[0], &byte, 1);
      const auto token = world.source().token();
      if (!token) return 1;
      return token->access_token.expose() == "at-2" ? 0 : 2;
    }));
  ::close(gate[1]);
  for (const pid_t child : children) CHECK(end_of(child) == 0);
  ::close(gate[0]);
  CHECK(world.server.state().refreshes == 1);
  CHECK(world.server.state().reused == 0);
}

TEST_CASE("fifty processes that order a renewal at once never use a refresh token twice") {
  World world;
  world.sign_in();
  std::vector<pid_t> children;
  for (int i = 0; i < 50; ++i)
    children.push_back(start([&] { return world.source().token({.renew_now = true}) ? 0 : 1; }));
  for (const pid_t child : children) CHECK(end_of(child) == 0);
  CHECK(world.server.state().reused == 0);
  CHECK(world.server.state().refreshes >= 1);
  CHECK(world.record().generation == 1 + static_cast<std::uint64_t>(world.server.state().refreshes));
}

TEST_CASE("whoever waited while another one's renewal failed gets the same answer, however long it took") {
  World world;
  world.sign_in();
  world.expire();
  const std::string lock = world.state + "/locks/" + world.record().id + ".lock";
  const int held = ::open(lock.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(held >= 0);
  REQUIRE(::flock(held, LOCK_EX) == 0);
  SessionOptions options = world.options();
  int asked[2];
  REQUIRE(::pipe(asked) == 0);
  const pid_t waiter = start([&] {
    // Asked for after the record was read, right before the lock.
    options.client.decorate = [&](const Transport&) {
      [[maybe_unused]] const auto told = ::write(asked[1], "x", 1);
      return world.server.transport();
    };
    const auto token = TokenSource(Session::open("work", std::move(options))).token();
    return !token && token.error().message == "The server is down." ? 0 : 1;
  });
  char byte = 0;
  REQUIRE(::read(asked[0], &byte, 1) == 1);
  world.change([](SessionRecord& record) {
    const std::chrono::sys_seconds long_ago(std::chrono::seconds(1'700'000'000));
    record.failure = SessionRecord::Failure{.at = long_ago,
                                            .not_before = long_ago + std::chrono::seconds(1),
                                            .error_class = "network",
                                            .code = {},
                                            .message = "The server is down.",
                                            .count = 1};
  });
  ::flock(held, LOCK_UN);  // the child has the descriptor too
  ::close(held);
  CHECK(end_of(waiter) == 0);
  CHECK(world.server.state().refreshes == 0);
  // Who comes later asks again.
  CHECK(value(world.source().token()) == "at-2");
}

TEST_CASE("twenty wait while the holder of the lock is killed: one of them renews") {
  World world;
  world.sign_in();
  world.expire();
  int asked[2];
  REQUIRE(::pipe(asked) == 0);
  const pid_t holder = start([&] {
    world.server.before_commit = [&]() -> std::optional<Result<HttpResponse>> {
      [[maybe_unused]] const auto told = ::write(asked[1], "x", 1);
      ::pause();
      return std::nullopt;
    };
    [[maybe_unused]] const auto token = world.source().token();
    return 0;
  });
  char byte = 0;
  REQUIRE(::read(asked[0], &byte, 1) == 1);
  std::vector<pid_t> children;
  for (int i = 0; i < 20; ++i)
    children.push_back(start([&] { return value(world.source().token()) == "at-2" ? 0 : 1; }));
  ::kill(holder, SIGKILL);
  CHECK(end_of(holder) == 1000 + SIGKILL);
  for (const pid_t child : children) CHECK(end_of(child) == 0);
  CHECK(world.server.state().refreshes == 1);
  CHECK(world.server.state().reused == 0);
}

}  // namespace renewal_processes_test
