#include "support/async.hpp"
#include "support/local_server.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/token_client.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace async_client_test {

using namespace oauth_token;
using world::Awaited;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

Grant password() { return PasswordGrant{.username = "alice", .password = Secret("pw")}; }

TokenClientOptions options(const std::string& url, Executor executor = {}) {
  return {.token_endpoint = url,
          .introspection_endpoint = url,
          .revocation_endpoint = url,
          .authentication = ClientSecretBasic{"app", Secret("s")},
          .transport_options = {.proxy = ""},
          .executor = std::move(executor)};
}

// An event that one thread announces and another waits for.
struct Event {
  std::promise<void> promise = {};
  std::atomic<bool> happened = false;
  void happen() {
    if (!happened.exchange(true)) promise.set_value();
  }
  void wait() { promise.get_future().wait(); }
};

LocalServer::Answer always(std::string response) {
  return [response = std::move(response)](const std::string&) { return std::optional(response); };
}

LocalServer::Answer never(Event& asked) {
  return [&asked](const std::string&) {
    asked.happen();
    return std::optional<std::string>();
  };
}

ReadyMadeAssertion slow_assertion(Event& begun) {
  return {.client_id = "app", .assertion = [&begun](std::stop_token stop) -> Result<Secret> {
            begun.happen();
            return world::wait_for_stop(stop);
          }};
}

std::string what_differs(const Error& left, const Error& right) {
  if (left.error_class != right.error_class) return "class";
  if (left.message != right.message) return "message: " + left.message + " / " + right.message;
  if (left.hint != right.hint) return "hint";
  if (left.reason != right.reason) return "reason";
  if (left.code != right.code) return "code";
  if (left.http_status != right.http_status) return "status";
  if (left.sent != right.sent) return "sent";
  return left.retry_safe == right.retry_safe ? "" : "retry_safe";
}

}  // namespace

TEST_CASE("of 10 000 requests, 64 at a time, a third cancelled, each is answered once") {
  constexpr int count = 10'000;
  LocalServer server(always(LocalServer::token()));
  const TokenClient client(options(server.url()));
  std::vector<std::atomic<int>> answers(count);
  std::atomic<int> cancelled = 0;
  std::atomic<int> wrong = 0;
  std::mutex mutex;
  std::condition_variable changed;
  int in_flight = 0;
  std::deque<std::stop_source> to_cancel;
  std::jthread canceller([&](const std::stop_token& over) {
    unsigned random = 1;
    while (!over.stop_requested()) {
      std::optional<std::stop_source> next;
      {
        const std::lock_guard lock(mutex);
        if (!to_cancel.empty()) next = std::move(to_cancel.front());
        if (next) to_cancel.pop_front();
      }
      random = random * 1103515245U + 12345U;
      std::this_thread::sleep_for(std::chrono::microseconds((random >> 16) % 200));
      if (next) next->request_stop();
    }
  });
  for (int i = 0; i < count; ++i) {
    std::stop_source stop;
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return in_flight < 64; });
      ++in_flight;
      if (i % 3 == 0) to_cancel.push_back(stop);
    }
    client.request_async(password(), stop.get_token(), [&, i](Result<Token> result) {
      ++answers[static_cast<std::size_t>(i)];
      if (!result)
        ++(result.error().error_class == ErrorClass::interrupted && i % 3 == 0 ? cancelled : wrong);
      const std::lock_guard lock(mutex);
      --in_flight;
      changed.notify_one();
    });
  }
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return in_flight == 0; });
  }
  CHECK(
      std::all_of(answers.begin(), answers.end(), [](const std::atomic<int>& times) { return times == 1; }));
  CHECK(wrong == 0);
  CHECK(cancelled > 0);
}

TEST_CASE("a request that does not block is the blocking one, answer for answer") {
  std::string last;
  for (const std::string& answer :
       {LocalServer::token(), LocalServer::response(R"({"error":"invalid_grant"})", "400 Bad Request"),
        LocalServer::response(R"({"error":"invalid_client"})", "401 Unauthorized"),
        LocalServer::response("<p>", "503 Busy"), LocalServer::response(""),
        std::string("nonsense\r\n\r\n")}) {
    CAPTURE(answer);
    LocalServer server([&](const std::string& request) {
      last = request;
      return std::optional(answer);
    });
    const TokenClient client(options(server.url()));
    const auto blocking = client.request(password());
    const std::string blocking_request = std::exchange(last, "");
    Awaited<Token> awaited;
    client.request_async(password(), {}, awaited.done());
    const auto result = awaited.get();
    CHECK(last == blocking_request);
    REQUIRE(result.has_value() == blocking.has_value());
    if (result)
      CHECK(result->access_token == blocking->access_token);
    else
      CHECK(what_differs(result.error(), blocking.error()) == "");
  }
}

TEST_CASE("the longest times there are mean for ever") {
  LocalServer server(always(LocalServer::token()));
  TokenClientOptions patient = options(server.url());
  patient.timeout = std::chrono::milliseconds::max();
  patient.transport_options.connect_timeout = std::chrono::milliseconds::max();
  const TokenClient client(std::move(patient));
  CHECK(client.request(password()).has_value());
  Awaited<Token> token;
  client.request_async(password(), {}, token.done());
  CHECK(token.get().has_value());
}

TEST_CASE("introspection and revocation do not block either") {
  LocalServer server(always(LocalServer::response(R"({"active":false})")));
  const TokenClient client(options(server.url()));
  Awaited<Secret> introspected;
  client.introspect_async(Secret("t"), "access_token", {}, introspected.done());
  CHECK(introspected.get().value().expose() == R"({"active":false})");
  Awaited<void> revoked;
  client.revoke_async(Secret("t"), {}, {}, revoked.done());
  CHECK(revoked.get().has_value());
}

TEST_CASE("what cannot be sent is said by way of the callback") {
  TokenClientOptions nowhere = options("");
  nowhere.executor = [](std::function<void()> work) { work(); };
  const TokenClient client(std::move(nowhere));
  const auto here = std::this_thread::get_id();
  std::atomic<bool> elsewhere = false;
  Awaited<Token> awaited;
  client.request_async(password(), {}, [&](Result<Token> result) {
    elsewhere = std::this_thread::get_id() != here;
    awaited.promise.set_value(std::move(result));
  });
  CHECK(awaited.get().error().error_class == ErrorClass::config);
  CHECK(elsewhere);
}

TEST_CASE("all callbacks run where the executor says, one for each call") {
  std::mutex mutex;
  std::condition_variable more;
  std::deque<std::function<void()>> queue;
  LocalServer server(always(LocalServer::token()));
  const TokenClient client(options(server.url(), [&](std::function<void()> work) {
    const std::lock_guard lock(mutex);
    queue.push_back(std::move(work));
    more.notify_one();
  }));
  const auto here = std::this_thread::get_id();
  int called = 0;
  int elsewhere = 0;
  for (int i = 0; i < 100; ++i)
    client.request_async(password(), {}, [&](Result<Token> result) {
      CHECK(result.has_value());
      ++called;
      if (std::this_thread::get_id() != here) ++elsewhere;
    });
  for (int i = 0; i < 100; ++i) {
    std::unique_lock lock(mutex);
    more.wait(lock, [&] { return !queue.empty(); });
    const auto work = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    work();
  }
  CHECK(called == 100);
  CHECK(elsewhere == 0);
}

TEST_CASE("a stop request ends the wait for an answer, and the error says that it was sent") {
  Event asked;
  LocalServer server(never(asked));
  const TokenClient client(options(server.url()));
  std::stop_source stop;
  Awaited<Token> awaited;
  client.request_async(password(), stop.get_token(), awaited.done());
  asked.wait();
  stop.request_stop();
  const auto result = awaited.get();
  CHECK(result.error().error_class == ErrorClass::interrupted);
  CHECK(result.error().sent == Sent::maybe);
  CHECK_FALSE(result.error().retry_safe);
}

TEST_CASE("a call that is stopped already sends nothing") {
  LocalServer server(always(LocalServer::token()));
  const TokenClient client(options(server.url()));
  std::stop_source stop;
  stop.request_stop();
  for (int i = 0; i < 2; ++i) {
    Awaited<Token> awaited;
    client.request_async(password(), stop.get_token(), awaited.done());
    const auto result = awaited.get();
    CHECK(result.error().error_class == ErrorClass::interrupted);
    CHECK(result.error().sent == Sent::no);
    Awaited<Token> other;  // by the next time, the loop is there
    client.request_async(password(), {}, other.done());
    CHECK(other.get().has_value());
  }
  CHECK(server.requests() == 2);
}

TEST_CASE("a stop request reaches the source of an assertion, and what waits behind it") {
  Event begun;
  TokenClientOptions slow = options("http://127.0.0.1:1/");
  slow.authentication = slow_assertion(begun);
  const TokenClient client(std::move(slow));
  std::stop_source first_stop;
  std::stop_source second_stop;
  Awaited<Token> first;
  Awaited<Token> second;
  client.request_async(password(), first_stop.get_token(), first.done());
  client.request_async(password(), second_stop.get_token(), second.done());
  begun.wait();
  second_stop.request_stop();
  CHECK(second.get().error().error_class == ErrorClass::interrupted);
  CHECK_FALSE(first.is_there());
  first_stop.request_stop();
  CHECK(first.get().error().error_class == ErrorClass::interrupted);
}

TEST_CASE("more requests than may be sent at once wait for their turn") {
  constexpr std::size_t count = 300;
  Event asked;
  LocalServer server(never(asked));
  const TokenClient client(options(server.url()));
  std::vector<std::stop_source> stops(count);
  std::vector<Awaited<Token>> awaited(count);
  for (std::size_t i = 0; i < count; ++i)
    client.request_async(password(), stops[i].get_token(), awaited[i].done());
  stops[count - 1].request_stop();
  const auto last = awaited[count - 1].get();
  CHECK(last.error().error_class == ErrorClass::interrupted);
  CHECK(last.error().sent == Sent::no);
  for (std::stop_source& stop : stops) stop.request_stop();
  for (std::size_t i = 0; i + 1 < count; ++i)
    CHECK(awaited[i].get().error().error_class == ErrorClass::interrupted);
  CHECK(server.connections() <= 128);
}

TEST_CASE("requests in their turn are all answered, over connections that are kept") {
  LocalServer server(always(LocalServer::token()));
  const TokenClient client(options(server.url()));
  std::vector<Awaited<Token>> awaited(1'000);
  for (Awaited<Token>& one : awaited) client.request_async(password(), {}, one.done());
  for (Awaited<Token>& one : awaited) CHECK(one.get().has_value());
  CHECK(server.requests() == 1'000);
  CHECK(server.connections() < 1'000);
}

TEST_CASE("a callback of one that waited its turn in vain may ask for more") {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  LocalServer server([&, first = std::make_shared<std::atomic<bool>>(true)](const std::string&) {
    if (!first->exchange(false)) return std::optional<std::string>();
    released.wait();
    return std::optional(LocalServer::token());
  });
  TokenClientOptions refused = options(server.url());
  refused.introspection_endpoint = "http://192.0.2.1/";  // plain http is not sent there
  const TokenClient client(std::move(refused));
  Event answered;  // whichever came first
  for (int i = 0; i < 128; ++i)
    client.request_async(password(), {}, [&](Result<Token> token) {
      if (token) answered.happen();
    });
  Awaited<Secret> last;
  client.introspect_async(Secret("t"), {}, {}, [&](Result<Secret> result) {
    CHECK(result.error().error_class == ErrorClass::insecure);
    client.introspect_async(Secret("t"), {}, {}, last.done());
  });
  while (server.requests() < 128) std::this_thread::yield();
  std::this_thread::sleep_for(500ms);  // libcurl's timers, which would wake the loop, are over
  release.set_value();
  answered.wait();
  REQUIRE(last.future.wait_for(6s) == std::future_status::ready);
  CHECK(last.get().error().error_class == ErrorClass::insecure);
}

TEST_CASE("the time that is given counts for waiting, too") {
  Event asked;
  LocalServer server(never(asked));
  TokenClientOptions short_time = options(server.url());
  short_time.timeout = 300ms;
  const TokenClient client(std::move(short_time));
  std::vector<Awaited<Token>> awaited(130);
  for (Awaited<Token>& one : awaited) client.request_async(password(), {}, one.done());
  for (Awaited<Token>& one : awaited) CHECK(one.get().error().error_class == ErrorClass::timeout);
}

TEST_CASE("more requests than memory is kept for are refused, until others are answered") {
  constexpr int most = 10'000;
  Event begun;
  TokenClientOptions given = options("http://127.0.0.1:1/token");
  given.authentication = slow_assertion(begun);
  given.timeout = std::chrono::hours(1);
  const TokenClient client(std::move(given));
  std::stop_source stop;
  std::atomic<int> stopped = 0;
  Event last;
  for (int i = 0; i < most; ++i)
    client.request_async(password(), stop.get_token(), [&](const Result<Token>& result) {
      if (result.error().error_class == ErrorClass::interrupted && ++stopped == most) last.happen();
    });
  Awaited<Token> refused;
  client.request_async(password(), {}, refused.done());
  const auto error = refused.get().error();
  CHECK(error.error_class == ErrorClass::usage);
  CHECK(error.reason == "too-many");
  CHECK(error.message == "This client has 10000 requests under way already.");
  CHECK(error.retry_safe);
  CHECK(error.sent == Sent::no);
  stop.request_stop();
  last.wait();
}

TEST_CASE("a destroyed client calls nobody and keeps nothing") {
  Event asked;
  LocalServer server(never(asked));
  const auto kept = std::make_shared<int>(0);
  std::atomic<int> called = 0;
  {
    const TokenClient client(options(server.url()));
    for (int i = 0; i < 200; ++i)
      client.request_async(password(), {}, [kept, &called](Result<Token>) { ++called; });
    asked.wait();
  }
  CHECK(called == 0);
  CHECK(kept.use_count() == 1);
}

TEST_CASE("a destroyed client leaves no descriptor behind") {
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
  };
  const auto before = descriptors();
  {
    Event asked;
    LocalServer server(never(asked));
    const TokenClient client(options(server.url()));
    for (int i = 0; i < 200; ++i) client.request_async(password(), {}, [](Result<Token>) {});
    asked.wait();
  }
  CHECK(descriptors() == before);
}

TEST_CASE("a client is destroyed while an assertion is being made") {
  Event begun;
  TokenClientOptions slow = options("http://127.0.0.1:1/");
  slow.authentication = slow_assertion(begun);
  std::atomic<int> called = 0;
  {
    const TokenClient client(std::move(slow));
    client.request_async(password(), {}, [&](Result<Token>) { ++called; });
    begun.wait();
  }
  CHECK(called == 0);
}

TEST_CASE("a callback may destroy the client, with others under way") {
  LocalServer server([answered = std::make_shared<std::atomic<int>>(0)](const std::string&) {
    return ++*answered > 1 ? std::optional<std::string>() : LocalServer::token();
  });
  auto client = std::make_unique<TokenClient>(options(server.url()));
  std::atomic<int> called = 0;
  Awaited<Token> first;
  Event all_asked;
  for (int i = 0; i < 10; ++i)
    client->request_async(password(), {}, [&](Result<Token> result) {
      all_asked.wait();
      ++called;
      client.reset();
      first.promise.set_value(std::move(result));
    });
  all_asked.happen();
  CHECK(first.get().has_value());
  CHECK(called == 1);
}

TEST_CASE("a callback may ask for more") {
  LocalServer server(always(LocalServer::token()));
  const TokenClient client(options(server.url()));
  Awaited<Token> last;
  int left = 100;
  std::function<void(Result<Token>)> again = [&](Result<Token> result) {
    if (--left == 0) return last.promise.set_value(std::move(result));
    client.request_async(password(), {}, again);
  };
  client.request_async(password(), {}, again);
  CHECK(last.get().has_value());
  CHECK(server.connections() < 100);
}

TEST_CASE("a transport of the caller's is called on another thread, one call after another") {
  TokenClientOptions own = options("https://as.example/token");
  std::atomic<int> at_once = 0;
  std::atomic<int> most = 0;
  own.transport = [&](const HttpRequest&, std::stop_token) -> Result<HttpResponse> {
    most = std::max<int>(most, ++at_once);
    std::this_thread::yield();
    --at_once;
    return HttpResponse{.status = 200,
                        .headers = {{"Content-Type", "application/json"}},
                        .body = Secret(R"({"access_token":"a","token_type":"Bearer"})")};
  };
  const TokenClient client(std::move(own));
  std::vector<Awaited<Token>> awaited(20);
  for (Awaited<Token>& one : awaited) client.request_async(password(), {}, one.done());
  for (Awaited<Token>& one : awaited) CHECK(one.get().value().access_token.expose() == "a");
  CHECK(most == 1);
}

TEST_CASE("a child after fork gets errors, and the parent goes on") {
  LocalServer server(always(LocalServer::token()));
  auto client = std::make_unique<TokenClient>(options(server.url()));
  CHECK(client->request(password()).has_value());
  Awaited<Token> before;
  client->request_async(password(), {}, before.done());
  CHECK(before.get().has_value());
  const pid_t child = ::fork();
  if (child == 0) {
    const auto blocking = client->request(password());
    Awaited<Token> refused;
    client->request_async(password(), {}, refused.done());
    const bool is_usage = !blocking && blocking.error().error_class == ErrorClass::usage &&
                          refused.get().error().error_class == ErrorClass::usage;
    client.reset();
    const TokenClient own(options(server.url()));
    ::_exit(is_usage && own.request(password()).has_value() ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(client->request(password()).has_value());
  Awaited<Token> after;
  client->request_async(password(), {}, after.done());
  CHECK(after.get().has_value());
}

}  // namespace async_client_test
