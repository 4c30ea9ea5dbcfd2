#include "base/async_calls.hpp"

#include "support/async.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace async_calls_test {

using namespace oauth_token;
using world::Window;
using Promised = world::Awaited<int>;

namespace {

using Work = std::function<Result<int>(std::stop_token)>;

Work gives(int number) {
  return [number](std::stop_token) { return Result<int>(number); };
}

// Ends with the stop request only.
Result<int> waits(const std::stop_token& stop) { return world::wait_for_stop(stop); }

}  // namespace

TEST_CASE("results come on a thread of the library's own, in order") {
  AsyncCalls calls({});
  const auto here = std::this_thread::get_id();
  Promised first;
  Promised second;
  std::atomic<bool> elsewhere = false;
  calls.start<int>(gives(1), {}, [&](Result<int> result) {
    elsewhere = std::this_thread::get_id() != here;
    first.promise.set_value(std::move(result));
  });
  calls.start<int>(gives(2), {}, second.done());
  CHECK(second.get().value() == 2);
  CHECK(first.get().value() == 1);
  CHECK(elsewhere);
}

TEST_CASE("results come on the thread that the executor chooses, and not before it runs them") {
  Window window;
  AsyncCalls calls(window.executor());
  std::thread::id where;
  calls.start<int>(gives(1), {}, [&](Result<int>) { where = std::this_thread::get_id(); });
  window.run_one();
  CHECK(where == std::this_thread::get_id());
}

TEST_CASE("a stop request ends a call that runs, by the call's own words") {
  AsyncCalls calls({});
  std::stop_source stop;
  Promised call;
  std::promise<void> begun;
  calls.start<int>(
      [&](std::stop_token token) {
        begun.set_value();
        return waits(token);
      },
      stop.get_token(), call.done());
  begun.get_future().wait();
  stop.request_stop();
  CHECK(call.get().error().message == "It heard the stop request.");
}

TEST_CASE("a stop request is answered while the call still waits behind another") {
  AsyncCalls calls({});
  std::stop_source stop;
  std::stop_source first_stop;
  Promised first;
  Promised second;
  calls.start<int>(waits, first_stop.get_token(), first.done());
  calls.start<int>(gives(2), stop.get_token(), second.done());
  stop.request_stop();
  CHECK(second.get().error().error_class == ErrorClass::interrupted);
  CHECK(first.future.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
  first_stop.request_stop();
  CHECK(first.get().error().error_class == ErrorClass::interrupted);
}

TEST_CASE("a call that is stopped before it is made is answered, and not by the calling thread") {
  for (const bool with_executor : {false, true}) {
    const auto here = std::this_thread::get_id();
    std::atomic<bool> elsewhere = false;
    AsyncCalls calls(with_executor ? Executor([](std::function<void()> work) { work(); }) : Executor());
    std::stop_source stop;
    stop.request_stop();
    Promised call;
    calls.start<int>(gives(1), stop.get_token(), [&](Result<int> result) {
      elsewhere = std::this_thread::get_id() != here;
      call.promise.set_value(std::move(result));
    });
    CHECK(call.get().error().error_class == ErrorClass::interrupted);
    CHECK(elsewhere);
  }
}

TEST_CASE("a destroyed owner stops what runs, and calls and keeps nothing more") {
  Window window;
  const auto kept = std::make_shared<int>(0);
  int called = 0;
  {
    AsyncCalls calls(window.executor());
    std::promise<void> begun;
    calls.start<int>(
        [&](std::stop_token token) {
          begun.set_value();
          return waits(token);
        },
        {}, [&called, kept](Result<int>) { ++called; });
    calls.start<int>(gives(2), {}, [&called, kept](Result<int>) { ++called; });
    begun.get_future().wait();
    CHECK(kept.use_count() == 3);
  }
  CHECK(kept.use_count() == 1);
  while (!window.queue.empty()) window.run_one();
  CHECK(called == 0);
}

TEST_CASE("a destroyed owner waits for the callback that runs on another thread") {
  Window window;
  auto calls = std::make_unique<AsyncCalls>(window.executor());
  std::thread other([&] { window.run_one(); });
  std::promise<void> begun;
  std::promise<void> go_on;
  std::atomic<bool> over = false;
  calls->start<int>(gives(1), {}, [&](Result<int>) {
    begun.set_value();
    go_on.get_future().wait_for(std::chrono::milliseconds(100));
    over = true;
  });
  begun.get_future().wait();
  calls.reset();
  CHECK(over);
  other.join();
}

TEST_CASE("a call that is stopped before it begins keeps nothing of its work") {
  AsyncCalls calls({});
  std::stop_source stop;
  std::stop_source first_stop;
  Promised first;
  Promised second;
  const auto kept = std::make_shared<int>(0);
  calls.start<int>(waits, first_stop.get_token(), first.done());
  calls.start<int>([kept](std::stop_token) { return Result<int>(*kept); }, stop.get_token(), second.done());
  CHECK(kept.use_count() == 2);
  stop.request_stop();
  CHECK(second.get().error().error_class == ErrorClass::interrupted);
  CHECK(kept.use_count() == 1);
  first_stop.request_stop();
  first.get();
}

TEST_CASE("an owner is closed while another thread makes a promise: half of one is never seen") {
  for (int i = 0; i < 100; ++i) {
    const auto owner = std::make_shared<Callbacks>(Executor());
    std::atomic<bool> go = false;
    std::thread promising([&] {
      while (!go.load(std::memory_order_relaxed)) continue;
      for (int j = 0; j < 100; ++j) std::make_shared<Callback<int>>(owner, [](Result<int>) {});
    });
    go.store(true, std::memory_order_relaxed);
    owner->close();
    promising.join();
  }
}

TEST_CASE("a callback may destroy the owner") {
  for (const bool with_executor : {false, true}) {
    Window window;
    auto calls = std::make_unique<AsyncCalls>(with_executor ? window.executor() : Executor());
    Promised call;
    std::promise<void> both_asked;
    int other = 0;
    calls->start<int>(gives(1), {}, [&, asked = both_asked.get_future().share()](Result<int> result) {
      asked.wait();
      calls.reset();
      call.promise.set_value(std::move(result));
    });
    calls->start<int>(waits, {}, [&](Result<int>) { ++other; });
    both_asked.set_value();
    if (with_executor) window.run_one();
    CHECK(call.get().value() == 1);
    CHECK(other == 0);
  }
}

TEST_CASE("a child after fork gets an error, and leaves the parent's calls alone") {
  auto calls = std::make_unique<OwnedHere<AsyncCalls>>(new AsyncCalls(Executor()));
  std::stop_source stop;
  Promised running;
  (*calls)->start<int>(waits, stop.get_token(), running.done());
  const pid_t child = ::fork();
  if (child == 0) {
    Promised refused;
    (*calls)->start<int>(gives(1), {}, refused.done());
    const bool is_usage = refused.get().error().error_class == ErrorClass::usage;
    calls.reset();
    ::_exit(is_usage ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  stop.request_stop();
  CHECK(running.get().error().error_class == ErrorClass::interrupted);
}

}  // namespace async_calls_test
