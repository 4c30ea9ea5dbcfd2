// Ten tokens at once on one thread of the library's own, while the application's main thread stays free;
// their results come back to it through an executor, as an event loop with windows would have one.
//   CLIENT_SECRET=... ./async TOKEN-ENDPOINT CLIENT-ID
#include <oauth_token/token_client.hpp>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <mutex>

using namespace oauth_token;

// Stands for the application's event loop: in GTK g_idle_add, in Qt QMetaObject::invokeMethod does this.
class MainThread {
 public:
  void post(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
    more_.notify_one();
  }
  void run_one() {
    std::unique_lock lock(mutex_);
    more_.wait(lock, [this] { return !queue_.empty(); });
    const auto work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
  }

 private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::function<void()>> queue_;
};

int main(int argc, char** argv) {
  const char* const secret = std::getenv("CLIENT_SECRET");
  if (argc != 3 || secret == nullptr) {
    std::fprintf(stderr, "usage: CLIENT_SECRET=... async TOKEN-ENDPOINT CLIENT-ID\n");
    return 2;
  }
  MainThread main_thread;
  const TokenClient client{
      {.token_endpoint = argv[1],
       .authentication = ClientSecretBasic{.client_id = argv[2], .client_secret = Secret(secret)},
       .executor = [&main_thread](std::function<void()> work) { main_thread.post(std::move(work)); }}};

  std::stop_source cancel;  // cancel.request_stop() ends them all within 100 ms
  constexpr int count = 10;
  int answered = 0;
  int failed = 0;
  for (int i = 0; i < count; ++i)
    client.request_async(ClientCredentialsGrant{}, cancel.get_token(), [&](Result<Token> token) {
      ++answered;
      if (token) return;
      ++failed;
      std::fprintf(stderr, "%s %s\n", token.error().message.c_str(), token.error().hint.c_str());
    });
  while (answered < count) main_thread.run_one();
  std::printf("%d tokens, %d failures\n", count - failed, failed);
  return failed == 0 ? 0 : 1;
}
