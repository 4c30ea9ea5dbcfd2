// A server with two addresses, the first of which fails late: as one does behind which there is no machine
// any more.

#include "support/local_server.hpp"
#include "support/loopback.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/grant.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/token.hpp>
#include <oauth_token/token_client.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include <dlfcn.h>
#include <doctest/doctest.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace oauth_token;
using namespace std::chrono_literals;

namespace {

constexpr const char* first_address = "127.0.0.2";
std::atomic<int> to_first = -1;

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

/// Answers nobody, since its queue is full.
int silent_server(int port, std::array<int, 2>& queued) {
  sockaddr_in address = loopback::address(port);
  ::inet_pton(AF_INET, first_address, &address.sin_addr);
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::listen(listening, 0);
  for (int& one : queued) {
    one = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)::connect(one, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  to_first = -1;
  return listening;
}

}  // namespace

// In place of the C library's, for libcurl, too.
extern "C" {
__attribute__((visibility("default"))) int getaddrinfo(const char* name, const char* service,
                                                       const addrinfo* hints, addrinfo** found) {
  static const auto look_up = real<decltype(&getaddrinfo)>("getaddrinfo");
  if (name == nullptr || std::string(name) != "two.test") return look_up(name, service, hints, found);
  const int failed = look_up(first_address, service, hints, found);
  return failed != 0 ? failed : look_up("127.0.0.1", service, hints, &(*found)->ai_next);
}

__attribute__((visibility("default"))) int connect(int descriptor, const sockaddr* address, socklen_t size) {
  static const auto begin = real<decltype(&connect)>("connect");
  const int result = begin(descriptor, address, size);
  std::array<char, INET_ADDRSTRLEN> text{};
  if (address->sa_family == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text.data(), text.size());
  if (std::string(text.data()) == first_address) to_first = descriptor;
  return result;
}
}

TEST_CASE("the second address is tried as soon as the first has failed") {
  const LocalServer server([](const std::string&) { return LocalServer::token(); });
  std::array<int, 2> queued{};
  const int silent = silent_server(server.port(), queued);
  const std::jthread failing([] {
    while (to_first == -1) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(300ms);  // libcurl looks once more after 200
    ::shutdown(to_first, SHUT_RDWR);
  });
  const TokenClient client({.token_endpoint = "http://two.test:" + std::to_string(server.port()) + "/",
                            .timeout = 60s,
                            .transport_options = {.proxy = "", .allow_http = true, .connect_timeout = 60s}});
  const auto start = std::chrono::steady_clock::now();
  CHECK(client.request(PasswordGrant{.username = "alice", .password = Secret("pw")}).has_value());
  CHECK(std::chrono::steady_clock::now() - start < 10s);
  for (const int one : queued) ::close(one);
  ::close(silent);
}
