#include "base/async_calls.hpp"
#include "support/async.hpp"
#include "support/other_user.hpp"
#include "support/session_world.hpp"

#include <oauth_token/token_client.hpp>

#include <string>

#include <sys/resource.h>

namespace no_threads_test {

using namespace world;

namespace {

constexpr uid_t ordinary = 987'654'321;  // of root's threads, there are always more

bool have_no_more_threads() {
  const rlimit one{.rlim_cur = 1, .rlim_max = 1};
  return ::setrlimit(RLIMIT_NPROC, &one) == 0;
}

template <class T>
struct Answers {
  int count = 0;
  std::string last = {};

  std::function<void(Result<T>)> done() {
    return [this](const Result<T>& result) {
      ++count;
      last = result ? "" : shown(result.error());
    };
  }
  [[nodiscard]] bool is_one_refusal() const {
    return count == 1 && last.starts_with("internal: No thread can be started: ");
  }
};

int ask_in_every_way(const Executor& executor) {
  if (!become(ordinary)) return 2;
  World world;
  world.sign_in();
  Answers<int> call;
  Answers<Token> token;
  Answers<void> sign_out;
  Answers<Token> request;
  Answers<Token> own_transport;
  AsyncCalls calls(executor);
  TokenSource source(Session::open("work", world.options()), executor);
  const TokenClient client({.token_endpoint = "http://127.0.0.1:1/token", .executor = executor});
  const TokenClient with_transport({.token_endpoint = "https://as.example/token",
                                    .transport = world.server.transport(),
                                    .executor = executor});
  if (!have_no_more_threads()) return 3;
  calls.start<int>([](std::stop_token) { return Result<int>(1); }, {}, call.done());
  source.token_async({}, {}, token.done());
  source.revoke_async({}, sign_out.done());
  client.request_async(World::grant(), {}, request.done());
  with_transport.request_async(World::grant(), {}, own_transport.done());
  if (!call.is_one_refusal()) return 11;
  if (!token.is_one_refusal()) return 12;
  if (!sign_out.is_one_refusal()) return 13;
  if (!request.is_one_refusal()) return 14;
  return own_transport.is_one_refusal() ? 0 : 15;
}

}  // namespace

TEST_CASE("where no thread can be started, every call that does not block is answered all the same") {
  CHECK(end_of(start([] { return ask_in_every_way({}); })) == 0);
}

TEST_CASE("where no thread can be started, the executor runs the answers") {
  CHECK(end_of(start([] { return ask_in_every_way([](const std::function<void()>& work) { work(); }); })) ==
        0);
}

}  // namespace no_threads_test
