#include "base/folder.hpp"
#include "session/locked_session.hpp"
#include "support/async.hpp"
#include "support/session_world.hpp"

#include <atomic>
#include <chrono>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace token_source_test {

using namespace world;
using namespace std::chrono_literals;

namespace {

std::string warning_of(const Result<Token>& token) {
  return token && token->warnings.size() == 1 ? token->warnings.front() : "";
}

}  // namespace

TEST_CASE("a stored token that lives is returned without server, lock or journal") {
  World world;
  world.sign_in();
  fs::remove_all(world.state + "/locks");
  fs::remove_all(world.state + "/journal");
  TokenSource source = world.source();
  CHECK(value(source.token()) == "at-1");
  CHECK(world.server.state().requests == 1);
  CHECK_FALSE(fs::exists(world.state + "/locks"));
  CHECK_FALSE(fs::exists(world.state + "/journal"));
  // The second time not even the store is asked.
  const int loads = world.store->loads;
  CHECK(value(source.token()) == "at-1");
  CHECK(world.store->loads == loads);
}

TEST_CASE("an expired token is renewed, both halves follow, and the next caller finds the new one") {
  World world;
  world.sign_in();
  world.expire();
  TokenSource source = world.source();
  CHECK(value(source.token()) == "at-2");
  CHECK(world.server.body == "grant_type=refresh_token&refresh_token=rt-1&client_id=app");
  CHECK(world.record().generation == 2);
  CHECK(content(world.half_file()).find(R"("refresh_token":"rt-2")") != std::string::npos);
  CHECK(content(world.half_file()).find(R"("generation":2)") != std::string::npos);
  CHECK(value(source.token()) == "at-2");
  CHECK(value(world.source().token()) == "at-2");
  CHECK(world.server.state().refreshes == 1);
  // Sealed: neither token can be read in the state folder.
  for (const char* const secret : {"rt-", "at-"})
    CHECK(everything_in(world.state).find(secret) == std::string::npos);
}

TEST_CASE("a token at hand is what this object gave last, while it is good for what is wanted") {
  World world;
  world.sign_in();
  TokenSource source = world.source();
  CHECK_FALSE(source.token_at_hand());
  CHECK(value(source.token()) == "at-1");
  const int loads = world.store->loads;
  const auto at_hand = source.token_at_hand();
  REQUIRE(at_hand);
  CHECK(at_hand->access_token.expose() == "at-1");
  CHECK_FALSE(source.token_at_hand({.renew_now = true}));
  CHECK_FALSE(source.token_at_hand({.min_valid = 10h}));
  CHECK(world.store->loads == loads);
  CHECK(world.server.state().requests == 1);
}

TEST_CASE("a token is not at hand while a renewal is under way, without a session, or after signing out") {
  World world;
  world.sign_in();
  TokenSource source = world.source();
  CHECK(value(source.token()) == "at-1");
  bool was_at_hand = true;
  world.server.before_commit = [&]() -> std::optional<Result<HttpResponse>> {
    was_at_hand = source.token_at_hand().has_value();
    return std::nullopt;
  };
  CHECK(value(source.token({.renew_now = true})) == "at-2");
  CHECK_FALSE(was_at_hand);
  REQUIRE(source.token_at_hand());
  CHECK(source.token_at_hand()->access_token.expose() == "at-2");
  world.server.before_commit = nullptr;
  CHECK(source.revoke());
  CHECK_FALSE(source.token_at_hand());
  CHECK_FALSE(TokenSource(fail(ErrorClass::config, "no session")).token_at_hand());
}

TEST_CASE("renew_now renews each time, min_valid once where the server cannot satisfy it") {
  World world;
  world.sign_in();
  TokenSource source = world.source();
  CHECK(value(source.token({.renew_now = true})) == "at-2");
  CHECK(value(source.token({.renew_now = true})) == "at-3");
  CHECK(value(source.token({.min_valid = 600s})) == "at-3");
  const auto token = source.token({.min_valid = 7200s});
  CHECK(value(token) == "at-4");
  CHECK(warning_of(token) == "The server does not issue tokens that live as long as was asked for.");
}

TEST_CASE("a token whose lifetime is unusable serves one caller") {
  World world;
  world.sign_in();
  world.server.lifetime = 0;
  TokenSource source = world.source();
  CHECK(value(source.token({.renew_now = true})) == "at-2");
  CHECK(value(source.token()) == "at-3");
}

TEST_CASE("fifty threads at once: one renewal, one token") {
  World world;
  world.sign_in();
  world.expire();
  world.server.before_commit = []() -> std::optional<Result<HttpResponse>> {
    std::this_thread::sleep_for(50ms);
    return std::nullopt;
  };
  TokenSource source = world.source();
  std::latch all(50);
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 50; ++i)
      threads.emplace_back([&] {
        all.arrive_and_wait();
        if (value(source.token()) == "at-2") ++right;
      });
  }
  CHECK(right == 50);
  CHECK(world.server.state().refreshes == 1);
}

TEST_CASE("two token sources of one process share a renewal too") {
  World world;
  world.sign_in();
  world.expire();
  TokenSource first = world.source();
  TokenSource second = world.source();
  std::string one;
  {
    const std::jthread other([&] { one = value(first.token()); });
    CHECK(value(second.token()) == "at-2");
  }
  CHECK(one == "at-2");
  CHECK(world.server.state().refreshes == 1);
}

TEST_CASE("a caller that gives up is free at once, and the renewal goes on") {
  World world;
  world.sign_in();
  world.expire();
  std::latch asked(1);
  std::latch answer(1);
  world.server.before_commit = [&]() -> std::optional<Result<HttpResponse>> {
    asked.count_down();
    answer.wait();
    return std::nullopt;
  };
  TokenSource source = world.source();
  std::stop_source stop;
  {
    const std::jthread stopper([&] {
      asked.wait();
      stop.request_stop();
    });
    CHECK(source.token({}, stop.get_token()).error().error_class == ErrorClass::interrupted);
  }
  answer.count_down();
  CHECK(value(source.token()) == "at-2");
  CHECK(world.server.state().refreshes == 1);
}

TEST_CASE("the destructor waits for a renewal that was sent, and calls off one that was not") {
  World world;
  world.sign_in();
  world.expire();
  {
    TokenSource source = world.source();
    std::latch asked(1);
    world.server.before_commit = [&]() -> std::optional<Result<HttpResponse>> {
      asked.count_down();
      std::this_thread::sleep_for(20ms);
      return std::nullopt;
    };
    std::stop_source stop;
    const std::jthread stopper([&] {
      asked.wait();
      stop.request_stop();
    });
    CHECK_FALSE(source.token({}, stop.get_token()).has_value());
  }
  world.server.before_commit = nullptr;
  CHECK(world.record().generation == 2);
  CHECK(value(world.source().token()) == "at-2");
  // Waiting for the lock, which another one holds until the end of this test.
  world.expire();
  const auto folder = Folder::open(world.state).value();
  const auto lock = folder.inside("locks").value().open_file(world.record().id + ".lock", true).value();
  REQUIRE(::flock(lock.get(), LOCK_EX) == 0);
  {
    TokenSource source = world.source();
    std::stop_source stop;
    stop.request_stop();
    CHECK_FALSE(source.token({}, stop.get_token()).has_value());
    std::stop_source soon;
    const std::jthread stopper([&] {
      std::this_thread::sleep_for(20ms);
      soon.request_stop();
    });
    CHECK(source.token({}, soon.get_token()).error().error_class == ErrorClass::interrupted);
  }
  CHECK(world.server.state().refreshes == 1);
}

TEST_CASE("a token that still lives beats an error, but not where a renewal was ordered") {
  World world;
  world.sign_in();
  world.server.before_commit = [] { return Server::json(500, R"({"error":"server_error"})"); };
  TokenSource source = world.source();
  const auto token = source.token({.min_valid = 7200s});
  CHECK(value(token) == "at-1");
  CHECK(warning_of(token).starts_with("The token could not be renewed, but is still valid: "));
  CHECK(source.token({.renew_now = true}).error().error_class == ErrorClass::server);
  world.expire();
  CHECK(world.source().token().error().error_class == ErrorClass::server);
}

TEST_CASE("while waiting is allowed, what may be repeated is repeated") {
  World world;
  world.sign_in();
  world.expire();
  std::atomic<int> failures = 2;
  world.server.before_commit = fails(failures);
  CHECK(value(world.source().token({.wait = 30s})) == "at-2");
  CHECK(world.server.state().requests == 4);
}

TEST_CASE("the longest times there are mean for ever") {
  World world;
  world.sign_in();
  world.expire();
  std::atomic<int> failures = 1;
  world.server.before_commit = fails(failures);
  SessionOptions options = world.options();
  options.refresh_timeout = std::chrono::milliseconds::max();
  CHECK(lock_deadline(options) == Deadline::max());
  TokenSource source(Session::open("work", std::move(options)));
  const TokenSourceOptions patient{.renew_now = true, .wait = std::chrono::seconds::max()};
  CHECK(value(source.token(patient)) == "at-2");
  CHECK(world.server.deadlines.back() == Deadline::max());
  failures = 1;
  Awaited<Token> token;
  source.token_async(patient, {}, token.done());
  CHECK(value(token.get()) == "at-3");
}

TEST_CASE("a token from the future is renewed: the clock was set back") {
  World world;
  world.sign_in();
  std::string text = content(world.half_file());
  const auto at = text.find("\"obtained_at\":") + 14;
  write(world.half_file(), text.replace(at, text.find(',', at) - at, "4000000000"));
  CHECK(value(world.source().token()) == "at-2");
}

TEST_CASE("a token source follows what other processes do to its session") {
  World world;
  world.sign_in();
  TokenSource source = world.source();
  CHECK(value(source.token()) == "at-1");
  world.sign_in();
  CHECK(value(source.token()) == "at-2");
  REQUIRE(Session::open("work", world.options())->forget().has_value());
  CHECK(value(source.token()) == "reauthenticate: Session \"work\" was removed in the meantime.");
  world.sign_in();
  CHECK(value(source.token()) ==
        "reauthenticate: Session \"work\" was replaced by another one in the meantime.");
}

TEST_CASE("the error of opening is what every call returns") {
  World world;
  TokenSource source = world.source("nobody");
  CHECK(source.token().error().error_class == ErrorClass::reauthenticate);
  CHECK(source.token().error().reason == "absent");
}

}  // namespace token_source_test
