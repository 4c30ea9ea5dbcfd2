#include "support/session_world.hpp"

#include <atomic>
#include <csignal>
#include <string>
#include <utility>

namespace renewal_sending_test {

using namespace world;
using namespace std::chrono_literals;

// How often a refresh token is sent, and what becomes of it when an answer is lost on the way.

TEST_CASE("a refresh is sent once more when the connection was cut, and only then") {
  struct {
    Sent sent;
    const char* reason;
    int requests;
  } const rows[] = {{Sent::maybe, "closed", 2},
                    {Sent::maybe, "reset", 2},
                    {Sent::maybe, "answer", 1},
                    {Sent::no, "refused", 1},
                    {Sent::yes, "truncated", 1}};
  for (const auto& row : rows) {
    World world;
    world.sign_in();
    world.expire();
    world.server.before_commit = [&] { return network_error(row.sent, row.reason); };
    CHECK(world.source().token().error().error_class == ErrorClass::network);
    CHECK_MESSAGE(world.server.state().requests == 1 + row.requests, row.reason);
  }
  World world;
  world.sign_in();
  world.expire();
  std::atomic<int> cuts = 1;
  world.server.before_commit = fails(cuts, Sent::maybe, "closed");
  CHECK(value(world.source().token()) == "at-2");
  // After a timeout not, whatever the time allowed.
  World slow;
  slow.sign_in();
  slow.expire();
  slow.server.before_commit = [] {
    return Result<HttpResponse>(fail(Error{.error_class = ErrorClass::timeout,
                                           .message = "No answer.",
                                           .reason = "answer",
                                           .sent = Sent::maybe}));
  };
  CHECK(slow.source().token({.wait = 3600s}).error().error_class == ErrorClass::timeout);
  CHECK(slow.server.state().requests == 2);
}

TEST_CASE("a cut connection and a repetition that could not be sent: the refresh token may be spent") {
  World world;
  world.sign_in();
  world.expire();
  bool cut = true;
  world.server.before_commit = [&] {
    if (std::exchange(cut, false)) return network_error(Sent::maybe, "closed");
    return network_error(Sent::no, "refused");
  };
  const auto token = world.source().token({.wait = 3s});
  REQUIRE_FALSE(token.has_value());
  CHECK(token.error().reason == "refused");
  CHECK(to_string(token.error().sent) == "maybe");
  CHECK_FALSE(token.error().retry_safe);
  CHECK(world.server.state().requests == 3);
}

TEST_CASE("a repetition after a cut that is refused: the message says that the first one may have renewed") {
  struct {
    int status;
    const char* body;
    const char* error_class;
    bool dead;
  } const rows[] = {{400, R"({"error":"invalid_grant"})", "reauthenticate", true},
                    {401, R"({"error":"invalid_client"})", "client-auth", false},
                    {400, R"({"error":"invalid_request"})", "request", false}};
  for (const auto& row : rows) {
    CAPTURE(row.body);
    World world;
    world.sign_in();
    bool cut = true;
    world.server.before_commit = [&] {
      if (std::exchange(cut, false)) return network_error(Sent::maybe, "closed");
      return Result<HttpResponse>(Server::json(row.status, row.body));
    };
    const auto refused = world.source().token({.renew_now = true, .wait = 3600s});
    CHECK(to_string(refused.error().error_class) == row.error_class);
    CHECK(refused.error().message.find("connection was cut") != std::string::npos);
    CHECK_FALSE(refused.error().retry_safe);
    CHECK(world.server.state().requests == 3);
    CHECK((world.record().dead_generation == 1) == row.dead);
    // What is not known is not forgotten: neither by this run nor by one that nothing comes of.
    CHECK(fs::exists(world.state + "/journal/" + world.record().id + ".next"));
    world.server.before_commit = [] { return network_error(Sent::no, "refused"); };
    CHECK_FALSE(world.source().token({.renew_now = true, .force = true}).has_value());
    world.server.before_commit = [] { return Server::json(401, R"({"error":"invalid_client"})"); };
    CHECK_FALSE(world.source().token({.renew_now = true, .force = true}).has_value());
    world.server.before_commit = [] { return Server::json(400, R"({"error":"invalid_grant"})"); };
    const auto later = world.source().token({.renew_now = true, .force = true});
    CHECK(later.error().message.find("A renewal that began at ") != std::string::npos);
  }
}

TEST_CASE(
    "a repetition that the server puts off is not sent a third time, not even while waiting is allowed") {
  for (const int status : {429, 503}) {
    World world;
    world.sign_in();
    const HttpResponse later{.status = status,
                             .headers = {{"Content-Type", "application/json"}, {"Retry-After", "1"}},
                             .body = Secret(R"({"error":"temporarily_unavailable"})")};
    bool cut = true;
    world.server.before_commit = [&] {
      if (std::exchange(cut, false)) return network_error(Sent::maybe, "closed");
      return Result<HttpResponse>(
          HttpResponse{.status = later.status, .headers = later.headers, .body = later.body.copy()});
    };
    const auto put_off = world.source().token({.renew_now = true, .wait = 3600s});
    CHECK(put_off.error().http_status == status);
    CHECK(put_off.error().retry_after == 1s);
    CHECK_FALSE(put_off.error().retry_safe);
    CHECK(put_off.error().message.find("connection was cut") != std::string::npos);
    CHECK(world.server.state().requests == 3);
    // Another run asks again, when the time has come.
    world.server.before_commit = nullptr;
    CHECK(value(world.source().token({.renew_now = true, .wait = 60s})) == "at-2");
  }
}

TEST_CASE("a request and its repetition have one deadline") {
  World world;
  world.sign_in();
  world.server.before_commit = [] { return network_error(Sent::maybe, "closed"); };
  SessionOptions options = world.options();
  options.refresh_timeout = 7s;
  TokenSource source(Session::open("work", std::move(options)));
  const auto before = std::chrono::steady_clock::now();
  CHECK_FALSE(source.token({.renew_now = true}).has_value());
  const auto& deadlines = world.server.deadlines;
  REQUIRE(deadlines.size() == 3);
  CHECK(deadlines[1] == deadlines[2]);
  // What finding the server took is counted in whole milliseconds, rounded up.
  CHECK(deadlines[1] >= before + 7s - 100ms);
  CHECK(deadlines[1] <= std::chrono::steady_clock::now() + 7s);
}

TEST_CASE("a server that forgives a repetition: an answer that was lost is fetched again") {
  const auto lost = []() -> std::optional<Result<HttpResponse>> {
    return network_error(Sent::maybe, "closed");
  };
  // Cut off after the commit, and the repetition at once.
  World cut;
  cut.server.forgives = true;
  cut.sign_in();
  cut.expire();
  bool first = true;
  cut.server.after_commit = [&]() -> std::optional<Result<HttpResponse>> {
    return std::exchange(first, false) ? lost() : std::nullopt;
  };
  CHECK(value(cut.source().token()) == "at-2");
  CHECK(value(cut.source().token({.renew_now = true})) == "at-3");
  CHECK(cut.server.state().reused == 0);
  // Killed between the commit and the journal, and the next run in time.
  World killed;
  killed.server.forgives = true;
  killed.sign_in();
  killed.expire();
  const pid_t child = start([&] {
    killed.server.after_commit = []() -> std::optional<Result<HttpResponse>> {
      ::raise(SIGKILL);
      return std::nullopt;
    };
    [[maybe_unused]] const auto token = killed.source().token();
    return 0;
  });
  REQUIRE(end_of(child) == 1000 + SIGKILL);
  CHECK(value(killed.source().token()) == "at-2");
  CHECK(value(killed.source().token({.renew_now = true})) == "at-3");
  CHECK(killed.server.state().reused == 0);
}

TEST_CASE("a server that never rotates: an answer that was lost costs nothing") {
  World world;
  world.server.rotates = false;
  world.sign_in();
  world.expire();
  bool first = true;
  world.server.after_commit = [&]() -> std::optional<Result<HttpResponse>> {
    if (!std::exchange(first, false)) return std::nullopt;
    return fail(Error{.error_class = ErrorClass::timeout, .reason = "answer", .sent = Sent::maybe});
  };
  CHECK(world.source().token().error().error_class == ErrorClass::timeout);
  CHECK(world.source().token({.force = true}).has_value());
  CHECK(world.server.state().refreshes == 2);
  CHECK(world.server.state().reused == 0);
}

}  // namespace renewal_sending_test
