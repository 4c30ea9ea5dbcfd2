#include "support/async.hpp"
#include "support/session_world.hpp"

#include <chrono>
#include <cstdarg>
#include <future>
#include <memory>
#include <string_view>

#include <sys/syscall.h>

using namespace world;

namespace {

/// A network folder that does not answer: whoever opens a session's record waits.
struct Stall {
  std::promise<void> reached = {};
  std::promise<void> over = {};
  bool gave_up = false;  // before it was over, so that a failure does not hang

  void wait() {
    reached.set_value();
    gave_up = over.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::timeout;
  }
};
std::atomic<Stall*> stall = nullptr;

}  // namespace

// In place of the C library's, for the whole program.
extern "C" int openat(int folder, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : mode_t{0};
  va_end(more);
  if (std::string_view(path).ends_with("work.json"))
    if (Stall* const here = stall.exchange(nullptr)) here->wait();
  return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode));
}

TEST_CASE("a state folder that does not answer holds up neither who asks without blocking nor who stops") {
  World world;
  world.sign_in();
  TokenSource source = world.source();
  REQUIRE(value(source.token()) == "at-1");
  Stall here;
  stall = &here;
  std::stop_source stop;
  Awaited<Token> first;
  Awaited<Token> second;
  Awaited<void> sign_out;
  source.token_async({}, stop.get_token(), first.done());
  here.reached.get_future().wait();
  source.token_async({}, {}, second.done());
  source.revoke_async(stop.get_token(), sign_out.done());
  stop.request_stop();
  CHECK_FALSE(first.is_there());
  CHECK_FALSE(second.is_there());
  here.over.set_value();
  CHECK(value(first.get()) == "at-1");
  CHECK(value(second.get()) == "at-1");
  CHECK(sign_out.get().error().error_class == ErrorClass::interrupted);
  CHECK_FALSE(here.gave_up);
}
