#include "support/other_user.hpp"
#include "support/session_world.hpp"

#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

namespace kernel_keyring_threads_test {

using namespace world;

namespace {

// More than the keys that the kernel lets an ordinary user have.
constexpr int many = 250;

// As a user whom nothing else belongs to. 0: all hit.
int ask_from_many_threads() {
  const auto user =
      std::uniform_int_distribution<uid_t>(100'000, 1'000'000'000)(*std::make_unique<std::random_device>());
  if (::geteuid() != 0 || !become(user)) return 2;
  World world;
  world.sign_in();
  const auto open = [&] {
    SessionOptions options = world.options();
    options.kernel_cache = true;
    return TokenSource(Session::open("work", std::move(options)));
  };
  if (value(open().token()) != "at-1") return 3;
  const int loads = world.store->loads;
  TokenSource source = open();
  std::mutex mutex;
  std::condition_variable changed;
  bool is_over = false;
  bool hit = true;
  int asked = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < many; ++i)
    threads.emplace_back([&] {
      const bool right = value(source.token()) == "at-1";
      std::unique_lock lock(mutex);
      hit = hit && right;
      ++asked;
      changed.notify_all();
      changed.wait(lock, [&] { return is_over; });  // each lives as long as the others
    });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return asked == many; });
    is_over = true;
  }
  changed.notify_all();
  for (std::thread& thread : threads) thread.join();
  if (!hit) return 4;
  return world.store->loads == loads ? 0 : 1;
}

}  // namespace

TEST_CASE("however many threads ask, the kernel's keyring answers, and the user's keys do not run out") {
  REQUIRE_MESSAGE(::geteuid() == 0, "Only root can become another user: run this test as root.");
  CHECK(end_of(start(ask_from_many_threads)) == 0);
}

}  // namespace kernel_keyring_threads_test
