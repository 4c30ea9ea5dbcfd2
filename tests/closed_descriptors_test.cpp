// What the event loop watches it lets go before it is closed: afterwards its number may be another thread's,
// and a forked child's copy would be watched for ever.

#include "support/async.hpp"
#include "support/local_server.hpp"
#include "support/loopback.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/grant.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/token.hpp>
#include <oauth_token/token_client.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace oauth_token;
using namespace std::chrono_literals;

namespace {

std::atomic<int> watched = 0;
std::atomic<int> let_go = 0;
std::atomic<int> too_late = 0;

}  // namespace

// In place of the C library's, for the library's module, too.
extern "C" __attribute__((visibility("default"))) int epoll_ctl(int epoll, int what, int descriptor,
                                                                epoll_event* event) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_epoll_ctl, epoll, what, descriptor, event));
  if (what == EPOLL_CTL_ADD) ++watched;
  if (what == EPOLL_CTL_DEL) ++(result == 0 ? let_go : too_late);
  return result;
}

TEST_CASE("connections that are not there yet when the client is destroyed") {
  // Nobody accepts: what does not fit into the queue gets no answer.
  const int listening = loopback::listen(0);
  std::vector<int> queued;
  for (int i = 0; i < 2; ++i) {
    queued.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const sockaddr_in full = loopback::address(loopback::port_of(listening));
    (void)::connect(queued.back(), reinterpret_cast<const sockaddr*>(&full), sizeof full);
  }
  constexpr int attempts = 5;
  {
    const TokenClient client(
        {.token_endpoint = "http://127.0.0.1:" + std::to_string(loopback::port_of(listening)) + "/",
         .transport_options = {.proxy = ""}});
    for (int i = 0; i < attempts; ++i)
      client.request_async(PasswordGrant{.username = "alice", .password = Secret("pw")}, {},
                           [](Result<Token>) {});
    for (int i = 0; watched < 1 + attempts && i < 1000; ++i) std::this_thread::sleep_for(10ms);
  }
  CHECK(watched.load() >= 1 + attempts);  // what wakes the loop is watched, too, until the end
  CHECK(let_go.load() >= attempts);
  CHECK(too_late.load() == 0);
  for (const int one : queued) ::close(one);
  ::close(listening);
}

TEST_CASE("connections that are kept when the client is destroyed") {
  LocalServer server([](const std::string&) { return LocalServer::token(); });
  const int before = let_go;
  world::Awaited<Token> answered;
  {
    const TokenClient client({.token_endpoint = server.url(), .transport_options = {.proxy = ""}});
    client.request_async(PasswordGrant{.username = "alice", .password = Secret("pw")}, {}, answered.done());
    CHECK(answered.get().has_value());
  }
  CHECK(let_go.load() > before);
  CHECK(too_late.load() == 0);
}
