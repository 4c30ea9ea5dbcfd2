#include "session/lock.hpp"
#include "session/renewal.hpp"
#include "support/session_world.hpp"

#include <chrono>
#include <stop_token>
#include <string>
#include <thread>

namespace renewal_interrupt_test {

using namespace world;
using namespace std::chrono_literals;

// A stop request, which is what Ctrl-C comes to, at each step of a renewal: until the refresh token is sent
// it ends the renewal and nothing was sent; from then on the renewal goes on to its end.

namespace {

struct Interrupted {
  World world;
  std::stop_source stop;

  Interrupted() {
    world.sign_in();
    world.expire();
  }
  FileStore::Step stop_at(std::string_view wanted, int number) {
    return [this, wanted, number, seen = 0](std::string_view verb) mutable -> std::optional<Error> {
      if (verb == wanted && ++seen == number) stop.request_stop();
      return std::nullopt;
    };
  }
  // As a token source does, but stopped from within.
  Renewed renewed() {
    Session session = Session::open("work", world.options()).value();
    KeptClient client;
    return renew(SessionAccess::open(session), client, {}, stop.get_token());
  }
  void check_whole() {
    world.store->before = nullptr;
    world.server.before_commit = nullptr;
    world.server.after_commit = nullptr;
    CHECK(world.source().token().has_value());
    CHECK(world.source().token({.renew_now = true}).has_value());
    CHECK(world.server.state().reused == 0);
  }
};

}  // namespace

TEST_CASE("stopped before the refresh token is sent: nothing was sent, and nothing is remembered") {
  // Reading without and under the lock, the present tokens into the store, and back.
  struct {
    const char* verb;
    int number;
  } const rows[] = {{"load", 1}, {"load", 2}, {"save", 1}, {"load", 3}};
  for (const auto& row : rows) {
    CAPTURE(row.verb);
    CAPTURE(row.number);
    Interrupted session;
    session.world.store->before = session.stop_at(row.verb, row.number);
    const Renewed renewed = session.renewed();
    REQUIRE(session.stop.stop_requested());
    REQUIRE(renewed.error.has_value());
    CHECK(renewed.error->error_class == ErrorClass::interrupted);
    CHECK(session.world.server.state().refreshes == 0);
    CHECK_FALSE(session.world.record().failure.has_value());
    CHECK_FALSE(fs::exists(session.world.state + "/journal/" + session.world.record().id + ".next"));
    session.check_whole();
  }
}

TEST_CASE("stopped while waiting for the lock: nothing was sent") {
  Interrupted session;
  const auto lock = lock_session(Folder::open(session.world.state).value(), session.world.record().id, "work",
                                 std::chrono::steady_clock::now() + 60s, {});
  REQUIRE(lock.has_value());
  session.world.store->before = [&](std::string_view) -> std::optional<Error> {
    std::thread([&] { session.stop.request_stop(); }).join();
    return std::nullopt;
  };
  CHECK(session.renewed().error->error_class == ErrorClass::interrupted);
  CHECK(session.world.server.state().refreshes == 0);
}

TEST_CASE("stopped once the refresh token is sent: the renewal goes on to its end") {
  const auto stopping = [](Interrupted& session) -> Server::Step {
    return [&session]() -> std::optional<Result<HttpResponse>> {
      session.stop.request_stop();
      return std::nullopt;
    };
  };
  for (const int step : {0, 1, 2, 3}) {
    CAPTURE(step);
    Interrupted session;
    if (step == 0) session.world.server.before_commit = stopping(session);
    if (step == 1) session.world.server.after_commit = stopping(session);
    if (step == 2) session.world.store->before = session.stop_at("save", 2);
    if (step == 3) session.world.store->before = session.stop_at("load", 4);
    const Renewed renewed = session.renewed();
    REQUIRE(session.stop.stop_requested());
    CHECK_FALSE(renewed.error.has_value());
    CHECK(renewed.half->token.access_token.expose() == "at-2");
    CHECK(session.world.record().generation == 2);
    CHECK(session.world.server.state().refreshes == 1);
    session.check_whole();
  }
}

TEST_CASE("stopped between a cut and its repetition: the repetition is sent, and its answer kept") {
  Interrupted session;
  bool cut = true;
  session.world.server.before_commit = [&]() -> std::optional<Result<HttpResponse>> {
    if (!std::exchange(cut, false)) return std::nullopt;
    session.stop.request_stop();
    return fail(Error{.error_class = ErrorClass::network, .reason = "closed", .sent = Sent::maybe});
  };
  CHECK(session.renewed().half->token.access_token.expose() == "at-2");
  session.check_whole();
}

}  // namespace renewal_interrupt_test
