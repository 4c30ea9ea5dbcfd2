#include "support/async.hpp"
#include "support/sanitized.hpp"
#include "support/session_world.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <new>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace async_token_source_test {

using namespace world;
using namespace std::chrono_literals;

namespace {

// Holds the server's answers back until it is opened.
struct Gate {
  std::promise<void> reached = {};
  std::promise<void> open = {};
  std::shared_future<void> opened = open.get_future().share();
  std::atomic<bool> is_reached = false;

  Server::Step step() {
    return [this]() -> std::optional<Result<HttpResponse>> {
      if (!is_reached.exchange(true)) reached.set_value();
      opened.wait();
      return std::nullopt;
    };
  }
};

std::string in_short(const Result<void>& done) { return done ? "done" : shown(done.error()); }

}  // namespace

TEST_CASE("a stored token comes without a request, and not on the thread that asked") {
  World world;
  world.sign_in();
  TokenSource source = world.source();
  const auto here = std::this_thread::get_id();
  std::atomic<bool> elsewhere = false;
  Awaited<Token> token;
  source.token_async({}, {}, [&](Result<Token> result) {
    elsewhere = std::this_thread::get_id() != here;
    token.promise.set_value(std::move(result));
  });
  CHECK(value(token.get()) == "at-1");
  CHECK(elsewhere);
  CHECK(world.server.state().requests == 1);
}

TEST_CASE("fifty at once, half of them blocking: one renewal, one token") {
  World world;
  world.sign_in();
  world.expire();
  TokenSource source = world.source();
  std::vector<Awaited<Token>> awaited(25);
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (Awaited<Token>& one : awaited) {
    source.token_async({}, {}, one.done());
    threads.emplace_back([&] {
      if (value(source.token()) != "at-2") ++wrong;
    });
  }
  for (Awaited<Token>& one : awaited) CHECK(value(one.get()) == "at-2");
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(world.server.state().refreshes == 1);
}

TEST_CASE("a stop request frees the caller, and the renewal goes on for the others") {
  World world;
  world.sign_in();
  world.expire();
  Gate gate;
  world.server.before_commit = gate.step();
  TokenSource source = world.source();
  std::stop_source stop;
  Awaited<Token> stopped;
  Awaited<Token> other;
  source.token_async({}, stop.get_token(), stopped.done());
  source.token_async({}, {}, other.done());
  gate.reached.get_future().wait();
  stop.request_stop();
  CHECK(value(stopped.get()) == "interrupted: Interrupted during a renewal; it goes on in the background.");
  gate.open.set_value();
  CHECK(value(other.get()) == "at-2");
  CHECK(world.record().generation == 2);
}

TEST_CASE("what is stopped already neither renews nor signs out") {
  World world;
  world.sign_in();
  world.expire();
  TokenSource source = world.source();
  std::stop_source stop;
  stop.request_stop();
  for (int i = 0; i < 100; ++i) {
    Awaited<Token> token;
    source.token_async({}, stop.get_token(), token.done());
    CHECK(value(token.get()) == "interrupted: Interrupted.");
    Awaited<void> sign_out;
    source.revoke_async(stop.get_token(), sign_out.done());
    CHECK(in_short(sign_out.get()) == "interrupted: Interrupted before anything was revoked.");
  }
  CHECK(world.server.state().requests == 1);
}

TEST_CASE("a stop request frees who waits for the store, and who waits for the session's lock") {
  for (const bool for_lock : {false, true}) {
    World world;
    world.sign_in();
    world.expire();
    const std::string lock_file = world.state + "/locks/" + world.record().id + ".lock";
    const int lock = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(lock >= 0);
    if (for_lock) ::flock(lock, LOCK_EX);
    Gate gate;
    if (for_lock) gate.open.set_value();
    world.store->before = [step = gate.step()](std::string_view) -> std::optional<Error> {
      (void)step();
      return std::nullopt;
    };
    TokenSource source = world.source();
    std::stop_source stop;
    Awaited<Token> stopped;
    source.token_async({}, stop.get_token(), stopped.done());
    gate.reached.get_future().wait();
    stop.request_stop();
    CHECK(value(stopped.get()) == "interrupted: Interrupted during a renewal; it goes on in the background.");
    if (!for_lock) gate.open.set_value();
    Awaited<Token> token;
    source.token_async({}, {}, token.done());
    ::close(lock);
    CHECK(value(token.get()) == "at-2");
  }
}

TEST_CASE("what may be repeated is tried for as long as the caller waits, and a stop request ends that") {
  World world;
  world.sign_in();
  world.expire();
  std::atomic<int> failures = 1;
  world.server.before_commit = fails(failures);
  TokenSource source = world.source();
  Awaited<Token> patient;
  source.token_async({.wait = 30s}, {}, patient.done());
  CHECK(value(patient.get()) == "at-2");
  world.expire();
  failures = 1'000'000;
  Awaited<Token> impatient;
  source.token_async({.renew_now = true}, {}, impatient.done());
  CHECK(impatient.get().error().error_class == ErrorClass::network);
  std::stop_source stop;
  Awaited<Token> stopped;
  source.token_async({.renew_now = true, .wait = 3600s}, stop.get_token(), stopped.done());
  stop.request_stop();
  CHECK(stopped.get().error().error_class == ErrorClass::interrupted);
}

TEST_CASE("callbacks run where the executor says") {
  World world;
  world.sign_in();
  std::promise<std::function<void()>> work;
  TokenSource source(Session::open("work", world.options()),
                     [&](std::function<void()> given) { work.set_value(std::move(given)); });
  std::thread::id where;
  source.token_async({}, {}, [&](Result<Token>) { where = std::this_thread::get_id(); });
  work.get_future().get()();
  CHECK(where == std::this_thread::get_id());
}

TEST_CASE("an unopened session says so to everybody") {
  World world;
  TokenSource source = world.source();
  Awaited<Token> token;
  source.token_async({}, {}, token.done());
  CHECK(token.get().error().error_class == ErrorClass::reauthenticate);
  Awaited<void> revoked;
  source.revoke_async({}, revoked.done());
  CHECK(revoked.get().error().error_class == ErrorClass::reauthenticate);
}

TEST_CASE("after a sign-out the source has no token, and neither has the server nor the store") {
  for (const bool blocking : {true, false}) {
    World world;
    world.sign_in();
    const std::string half = world.half_file();
    TokenSource source = world.source();
    CHECK(value(source.token()) == "at-1");
    Awaited<void> revoked;
    if (blocking)
      CHECK(in_short(source.revoke()) == "done");
    else
      source.revoke_async({}, revoked.done());
    if (!blocking) CHECK(in_short(revoked.get()) == "done");
    CHECK(world.server.state().current == 0);
    CHECK_FALSE(fs::exists(half));
    CHECK(source.token().error().error_class == ErrorClass::reauthenticate);
    CHECK(source.revoke().error().error_class == ErrorClass::reauthenticate);
  }
}

TEST_CASE("a sign-out waits for the renewal that is under way, and revokes what that brought") {
  World world;
  world.sign_in();
  world.expire();
  Gate gate;
  world.server.before_commit = gate.step();
  TokenSource source = world.source();
  Awaited<Token> token;
  Awaited<void> revoked;
  source.token_async({}, {}, token.done());
  gate.reached.get_future().wait();
  source.revoke_async({}, revoked.done());
  gate.open.set_value();
  CHECK(value(token.get()) == "at-2");
  CHECK(in_short(revoked.get()) == "done");
  CHECK(world.server.body.find("at-2") != std::string::npos);
}

TEST_CASE("a stop request ends the wait for a sign-out") {
  World world;
  world.sign_in();
  Gate gate;
  world.server.before_commit = gate.step();
  TokenSource source = world.source();
  std::stop_source stop;
  Awaited<void> revoked;
  source.revoke_async(stop.get_token(), revoked.done());
  gate.reached.get_future().wait();
  stop.request_stop();
  const auto done = revoked.get();
  CHECK(done.error().error_class == ErrorClass::interrupted);
  CHECK(done.error().sent == Sent::maybe);
  gate.open.set_value();
}

TEST_CASE("a destroyed source waits for its renewal, keeps the tokens and calls nobody") {
  World world;
  world.sign_in();
  world.expire();
  Gate gate;
  world.server.before_commit = gate.step();
  const auto kept = std::make_shared<int>(0);
  std::atomic<int> called = 0;
  std::jthread opener;
  {
    TokenSource source = world.source();
    for (int i = 0; i < 3; ++i) source.token_async({}, {}, [kept, &called](Result<Token>) { ++called; });
    gate.reached.get_future().wait();
    opener = std::jthread([&] { gate.open.set_value(); });
  }
  CHECK(called == 0);
  CHECK(kept.use_count() == 1);
  CHECK(world.record().generation == 2);
}

TEST_CASE("a callback may destroy the source") {
  World world;
  world.sign_in();
  auto source = std::make_unique<TokenSource>(world.source());
  Awaited<Token> token;
  source->token_async({}, {}, [&](Result<Token> result) {
    source.reset();
    token.promise.set_value(std::move(result));
  });
  CHECK(value(token.get()) == "at-1");
}

TEST_CASE("what a renewal calls may destroy the source, and the renewal ends as any other") {
  World world;
  world.sign_in();
  world.expire();
  std::optional<TokenSource> source;
  std::atomic<bool> is_whole = false;
  SessionOptions options = world.options();
  options.critical_part = [&](bool begins) {
    if (begins) return;
    source.reset();
    is_whole = world.store.use_count() > 1;
  };
  source.emplace(Session::open("work", std::move(options)));
  source->token_async({}, {}, [](Result<Token>) {});
  while (world.store.use_count() > 1) std::this_thread::sleep_for(1ms);
  CHECK(is_whole);
  CHECK(world.record().generation == 2);
}

TEST_CASE("what is stopped with a sign-out may ask the source") {
  World world;
  world.sign_in();
  const auto signs_out = [&](bool blocking) {
    ::alarm(20);  // ends a child that waits for ever
    std::optional<TokenSource> source;
    std::stop_source stop;
    SessionOptions options = world.options();
    std::atomic<bool> has_asked = false;
    options.store = std::make_shared<FileStore>(world.folder.path + "/store");
    options.client.decorate = [&](const Transport&) {
      return [&](const HttpRequest&, std::stop_token stopped) -> Result<HttpResponse> {
        const std::stop_callback asks(stopped, [&] { has_asked = !source->token_at_hand(); });
        stop.request_stop();
        while (!has_asked) std::this_thread::sleep_for(1ms);
        return network_error(Sent::maybe, "stopped");
      };
    };
    source.emplace(Session::open("work", std::move(options)));
    Awaited<void> revoked;
    if (!blocking) source->revoke_async(stop.get_token(), revoked.done());
    const auto done = blocking ? source->revoke(stop.get_token()) : revoked.get();
    return !done && done.error().error_class == ErrorClass::interrupted ? 0 : 1;
  };
  for (const bool blocking : {true, false}) CHECK(end_of(start([&] { return signs_out(blocking); })) == 0);
}

// Sanitizers need more memory than there is.
#ifndef SANITIZED
TEST_CASE("where memory is used up, who asks gets an error or a token, and the process goes on") {
  World world;
  const pid_t child = start([&] {
    ::alarm(60);
    world.sign_in();
    TokenSource source = world.source();
    if (Awaited<Token> first; source.token_async({}, {}, first.done()), !first.get()) return 1;
    std::vector<Secret> all;
    all.reserve(100'000);
    Awaited<Token> token;
    const auto done = token.done();
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_AS, &none) != 0) return 2;
    try {
      while (all.size() < all.capacity()) all.emplace_back("secret");
      return 3;
    } catch (const std::bad_alloc&) {
    }
    source.token_async({}, {}, done);
    const auto refused = token.get();
    if (refused || refused.error().error_class != ErrorClass::internal) return 4;
    all.clear();
    Awaited<Token> again;
    source.token_async({}, {}, again.done());
    return again.get() ? 0 : 5;
  });
  CHECK(end_of(child) == 0);
}
#endif

TEST_CASE("a child after fork gets errors, and the parent's renewal goes on") {
  World world;
  world.sign_in();
  world.expire();
  Gate gate;
  world.server.before_commit = gate.step();
  auto source = std::make_unique<TokenSource>(world.source());
  Awaited<Token> token;
  source->token_async({}, {}, token.done());
  gate.reached.get_future().wait();
  const pid_t child = start([&] {
    const auto refused = source->token().error().error_class;
    Awaited<Token> asked;
    source->token_async({}, {}, asked.done());
    const auto refused_too = asked.get().error().error_class;
    const auto revoked = source->revoke().error().error_class;
    source.reset();
    const bool all = refused == ErrorClass::usage && refused_too == refused && revoked == refused;
    return all ? 0 : 1;
  });
  CHECK(end_of(child) == 0);
  gate.open.set_value();
  CHECK(value(token.get()) == "at-2");
}

}  // namespace async_token_source_test
