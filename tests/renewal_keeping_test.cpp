#include "support/session_world.hpp"

#include <chrono>
#include <string>

#include <sys/resource.h>

namespace renewal_keeping_test {

using namespace world;
using namespace std::chrono_literals;

namespace {

std::string warning_of(const Result<Token>& token) {
  return token && token->warnings.size() == 1 ? token->warnings.front() : "";
}

std::optional<Error> saves_fail(std::string_view verb) {
  return verb == "save" ? std::optional(store_failure()) : std::nullopt;
}

// The store confirms the first renewal, takes nothing from the second, and comes back without either.
void lose_two_renewals(World& world) {
  world.sign_in();
  const std::string yesterday = content(world.half_file());
  REQUIRE(value(world.source().token({.renew_now = true})) == "at-2");
  world.server.after_commit = [&]() -> std::optional<Result<HttpResponse>> {
    world.store->before = saves_fail;
    return std::nullopt;
  };
  REQUIRE(value(world.source().token({.renew_now = true})) == "at-3");
  world.server.after_commit = nullptr;
  world.store->before = nullptr;
  write(world.half_file(), yesterday);
}

}  // namespace

TEST_CASE("a store that does not take the present tokens: the refresh token is not spent") {
  World world;
  world.sign_in();
  world.store->before = saves_fail;
  const auto alive = world.source().token({.min_valid = 7200s});
  CHECK(value(alive) == "at-1");
  CHECK(warning_of(alive) == "The token could not be renewed, but is still valid: The keyring is locked.");
  CHECK(value(world.source().token({.renew_now = true})) == "store: The keyring is locked.");
  CHECK(world.server.state().refreshes == 0);
}

TEST_CASE("a store that gives back something else than it took: the refresh token is not spent") {
  World world;
  world.sign_in();
  world.expire();
  const std::string half = content(world.half_file());
  world.store->after = [&](std::string_view verb) -> std::optional<Error> {
    if (verb == "save") write(world.half_file(), half + " ");
    return std::nullopt;
  };
  const auto token = world.source().token();
  CHECK(value(token) ==
        "store: The store said that it kept the tokens of session \"work\", but gives back something else.");
  CHECK(world.server.state().refreshes == 0);
}

TEST_CASE("a journal that cannot be written: the refresh token is not spent") {
  World world;
  world.sign_in();
  world.expire();
  fs::remove_all(world.state + "/journal");
  write(world.state + "/journal", "in the way");
  CHECK(world.source().token().error().error_class == ErrorClass::config);
  CHECK(world.server.state().refreshes == 0);
}

TEST_CASE("the store fails after the refresh: the journal keeps the tokens, and the next run recovers them") {
  World world;
  world.sign_in();
  world.expire();
  world.server.after_commit = [&]() -> std::optional<Result<HttpResponse>> {
    world.store->before = saves_fail;
    return std::nullopt;
  };
  const auto token = world.source().token();
  CHECK(value(token) == "at-2");
  CHECK(warning_of(token) == "The new tokens of session \"work\" are kept in the journal only, " +
                                 world.state + "/journal/" + world.record().id +
                                 ".next, since the store does not take them: The keyring is locked.");
  CHECK(everything_in(world.state).find("rt-2") == std::string::npos);
  const auto is_unstored = [&] {
    return SessionFolder::open(world.state).value().leftover(world.record()).value().unstored;
  };
  CHECK(is_unstored());
  // Still locked: the same token, the same kind of warning, and nothing is sent.
  const auto again = world.source().token();
  CHECK(value(again) == "at-2");
  CHECK(warning_of(again).starts_with("The tokens of session \"work\" are still kept in the journal, "));
  world.store->before = nullptr;
  const auto recovered = world.source().token();
  CHECK(value(recovered) == "at-2");
  CHECK(recovered->warnings.empty());
  CHECK_FALSE(is_unstored());
  CHECK(world.server.state().refreshes == 1);
  world.server.after_commit = nullptr;
  CHECK(value(world.source().token({.renew_now = true})) == "at-3");
  CHECK(world.server.state().reused == 0);
}

TEST_CASE("tokens that can be kept nowhere are handed over with the error") {
  World world;
  const pid_t child = start([&] {
    world.sign_in();
    world.expire();
    world.server.after_commit = [&]() -> std::optional<Result<HttpResponse>> {
      world.store->before = saves_fail;
      const rlimit nothing{0, RLIM_INFINITY};
      ::setrlimit(RLIMIT_FSIZE, &nothing);
      return std::nullopt;
    };
    TokenSource source = world.source();
    const auto token = source.token();
    if (token || token.error().error_class != ErrorClass::store) return 1;
    if (!token.error().message.starts_with("The new tokens of session \"work\" could be kept nowhere: "))
      return 2;
    const auto unkept = source.take_unkept_token();
    if (!unkept || unkept->refresh_token.expose() != "rt-2" || unkept->access_token.expose() != "at-2")
      return 3;
    return source.take_unkept_token() ? 4 : 0;
  });
  CHECK(end_of(child) == 0);
  // The next run says what happened.
  const auto next = world.source().token();
  CHECK(next.error().reason == "dead");
  CHECK(next.error().message.find("ended before its answer could be kept") != std::string::npos);
}

TEST_CASE("the store is found put back to an earlier state: the old token is not sent") {
  World world;
  world.sign_in();
  const std::string yesterday = content(world.half_file());
  for (int round = 0; round < 3; ++round) REQUIRE(world.source().token({.renew_now = true}).has_value());
  write(world.half_file(), yesterday);
  const auto token = world.source().token({.renew_now = true});
  CHECK(token.error().error_class == ErrorClass::reauthenticate);
  CHECK(token.error().reason == "older");
  CHECK(token.error().message.find("generation 1") != std::string::npos);
  CHECK(world.server.state().refreshes == 3);
  CHECK(world.server.state().reused == 0);
  CHECK(world.source().token({.renew_now = true, .force = true}).error().error_class ==
        ErrorClass::reauthenticate);
  CHECK(world.server.state().reused == 1);
}

TEST_CASE("a store that lost the last save it confirmed is repaired from the journal") {
  World world;
  world.sign_in();
  REQUIRE(world.source().token({.renew_now = true}).has_value());
  const std::string before = content(world.half_file());
  REQUIRE(world.source().token({.renew_now = true}).has_value());
  write(world.half_file(), before);
  CHECK(value(world.source().token()) == "at-3");
  CHECK(value(world.source().token({.renew_now = true})) == "at-4");
  CHECK(world.server.state().refreshes == 3);
  CHECK(world.server.state().reused == 0);
}

TEST_CASE("a store that lost what it confirmed, after it had refused the next: both are recovered at once") {
  for (const bool force : {false, true}) {
    CAPTURE(force);
    World world;
    lose_two_renewals(world);
    const std::string journal = world.state + "/journal/" + world.record().id;
    CHECK(value(world.source().token({.renew_now = force, .force = force})) == (force ? "at-4" : "at-3"));
    CHECK(world.server.state().refreshes == (force ? 3 : 2));
    CHECK(world.server.state().reused == 0);
    CHECK(world.record().generation == (force ? 4 : 3));
    CHECK_FALSE(fs::exists(journal + ".next"));
    CHECK(fs::file_size(journal + ".journal") < 1000);  // the reserved room is given back
    CHECK(value(world.source().token({.renew_now = true})) == (force ? "at-5" : "at-4"));
    CHECK(world.server.state().reused == 0);
  }
}

TEST_CASE("the last answer of two does not open: the one before it is put back, and both stay") {
  World world;
  lose_two_renewals(world);
  const std::string journal = world.state + "/journal/" + world.record().id;
  std::string damaged = content(journal + ".next");
  damaged[260] = static_cast<char>(damaged[260] ^ 1);
  write(journal + ".next", damaged);
  const std::string last = content(journal + ".journal");
  for (int run = 0; run < 2; ++run) {
    const auto token = world.source().token({.renew_now = true});
    CHECK(token.error().reason == "older");
    CHECK(token.error().message.ends_with("and the journal cannot be read."));
    CHECK(content(world.half_file()).find("\"rt-2\"") != std::string::npos);
    CHECK(content(journal + ".next") == damaged);
    CHECK(content(journal + ".journal") == last);
  }
  CHECK(world.server.state().refreshes == 2);
}

TEST_CASE("the record is older than the store: it catches up") {
  World world;
  world.sign_in();
  REQUIRE(world.source().token({.renew_now = true}).has_value());
  world.change([](SessionRecord& record) { record.generation = 1; });
  CHECK(value(world.source().token()) == "at-2");
  world.expire();
  CHECK(value(world.source().token()) == "at-3");
  CHECK(world.record().generation == 3);
}

TEST_CASE("a locked, absent or damaged store is told from a missing sign-in") {
  World world;
  world.sign_in();
  const std::string half = content(world.half_file());
  const std::string file = world.half_file();
  world.store->before = [](std::string_view) { return std::optional(store_failure()); };
  CHECK(value(world.source().token()) == "store: The keyring is locked.");
  world.store->before = nullptr;
  fs::remove(file);
  CHECK(world.source().token().error().error_class == ErrorClass::reauthenticate);
  CHECK(world.source().token().error().reason == "absent");
  write(file, half.substr(0, 50));
  CHECK(world.source().token().error().reason == "damaged");
  std::string newer = half;
  write(file, newer.replace(newer.find("\"version\":1"), 11, "\"version\":2"));
  CHECK(world.source().token().error().reason == "newer");
  write(file, half);
  CHECK(value(world.source().token()) == "at-1");
}

}  // namespace renewal_keeping_test
