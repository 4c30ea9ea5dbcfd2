// libcurl closes the socket of an address that failed before it says so. A child of fork has it still, and
// epoll goes on reporting what happens to it.

#include "http/poller.hpp"

#include <array>
#include <chrono>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace poller_test {
using namespace oauth_token;
using namespace std::chrono_literals;

namespace {

struct Sockets {
  Descriptor near;
  Descriptor far;
};

Sockets connected() {
  std::array<int, 2> both{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both.data()) == 0);
  return {Descriptor(both[0]), Descriptor(both[1])};
}

void send_to(const Sockets& sockets) { REQUIRE(::write(sockets.far.get(), "x", 1) == 1); }

/// Whether it waited in vain until its time was over.
bool is_quiet(http::Poller& poller) {
  const auto until = Deadline::clock::now() + 20ms;
  return poller.wait(until).empty() && Deadline::clock::now() >= until;
}

/// A socket that was watched for the mark 1 and closed without a word; its number is free.
struct ClosedWithoutAWord {
  explicit ClosedWithoutAWord(http::Poller& poller) : sockets(connected()), number(sockets.near.get()) {
    poller.watch(1, number, true, false);
    in_child = Descriptor(::fcntl(number, F_DUPFD_CLOEXEC, number + 1));
    sockets.near.close();
  }

  Sockets sockets;
  int number;
  Descriptor in_child = {};
};

}  // namespace

TEST_CASE("a socket that only a child has still does not wake for ever") {
  http::Poller poller;
  REQUIRE(poller.open().has_value());
  const Sockets other = connected();
  poller.watch(2, other.near.get(), true, false);
  const ClosedWithoutAWord closed(poller);
  poller.watch(1, closed.number, false, false);
  send_to(closed.sockets);
  (void)poller.wait(Deadline::clock::now());
  CHECK(is_quiet(poller));

  // All else goes on.
  send_to(other);
  const auto events = poller.wait(Deadline::max());
  REQUIRE(events.size() == 1);
  CHECK(events[0].mark == 2);
  CHECK(events[0].to_receive);
  poller.watch(2, other.near.get(), false, false);
  poller.wake();
  CHECK(poller.wait(Deadline::max()).empty());
}

TEST_CASE("what happens to a socket that only a child has still is not told of the next one of its number") {
  bool is_let_go = false;
  SUBCASE("though libcurl never said so") {}
  SUBCASE("as libcurl said afterwards") { is_let_go = true; }
  http::Poller poller;
  REQUIRE(poller.open().has_value());
  const ClosedWithoutAWord closed(poller);
  const Sockets next = connected();
  REQUIRE(next.near.get() == closed.number);
  if (is_let_go) poller.watch(1, closed.number, false, false);
  poller.watch(2, closed.number, true, false);
  send_to(closed.sockets);
  CHECK(poller.wait(Deadline::clock::now()).empty());
  CHECK(is_quiet(poller));

  send_to(next);
  const auto events = poller.wait(Deadline::max());
  REQUIRE(events.size() == 1);
  CHECK(events[0].mark == 2);
}

}  // namespace poller_test
