// Goal 9: 64 token requests in flight over kept connections, through request_async, beside raw libcurl's
// multi doing the same POST unparsed on one thread. Both run in turn, in batches of CPU time of the whole
// process; the ratio is the median of the batches' ratios.
//   flights URL GOAL [ROUNDS [CA-FILE]]

#include "measure.hpp"

#include <oauth_token/token_client.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include <curl/curl.h>

namespace {

using namespace oauth_token;

constexpr int at_once = 64;
constexpr int batch = 4'000;
const char* const body = "grant_type=password&client_id=app&username=alice&password=secret&scope=read";

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "flights: %s\n", why.c_str());
  std::exit(1);
}

// libcurl as its documentation shows it for many transfers: curl_multi_poll and curl_multi_perform.
class Raw {
 public:
  Raw(const char* url, const char* ca_file) : multi_(curl_multi_init()) {
    headers_ = curl_slist_append(headers_, "Accept: application/json");
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, long{at_once});
    for (CURL*& easy : easy_) {
      easy = curl_easy_init();
      curl_easy_setopt(easy, CURLOPT_URL, url);
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
      curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
      curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
      curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &discard);
      if (ca_file != nullptr) curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    }
  }
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;
  ~Raw() {
    for (CURL* const easy : easy_) curl_easy_cleanup(easy);
    curl_multi_cleanup(multi_);
    curl_slist_free_all(headers_);
  }

  void run() {
    int begun = 0;
    int ended = 0;
    for (CURL* const easy : easy_) begin(easy, begun);
    while (ended < batch) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      int left = 0;
      while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
        if (message->data.result != CURLE_OK) give_up(curl_easy_strerror(message->data.result));
        CURL* const easy = message->easy_handle;
        curl_multi_remove_handle(multi_, easy);
        ++ended;
        if (begun < batch) begin(easy, begun);
      }
      if (ended < batch) curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
  }

 private:
  static std::size_t discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }
  void begin(CURL* easy, int& begun) {
    ++begun;
    curl_multi_add_handle(multi_, easy);
  }

  CURLM* multi_;
  std::array<CURL*, at_once> easy_ = {};
  curl_slist* headers_ = nullptr;
};

// Each completion asks for the next one, on the library's own thread.
void run(const TokenClient& client) {
  std::promise<void> over;
  int begun = 0;
  int ended = 0;
  std::function<void()> ask;
  const auto done = [&](Result<Token> token) {
    if (!token) give_up(token.error().message);
    if (++ended == batch) return over.set_value();
    if (begun < batch) ask();
  };
  ask = [&] {
    ++begun;
    client.request_async(PasswordGrant{.username = "alice", .password = Secret("secret"), .scope = {"read"}},
                         {}, done);
  };
  client.request_async(PasswordGrant{.username = "alice", .password = Secret("secret"), .scope = {"read"}},
                       {}, [&](Result<Token> token) {
                         if (!token) give_up(token.error().message);
                         for (int i = 0; i < at_once; ++i) ask();
                       });
  over.get_future().wait();
}

double microseconds(const std::function<void()>& once) {
  const double start = cpu_microseconds(CLOCK_PROCESS_CPUTIME_ID);
  once();
  return (cpu_microseconds(CLOCK_PROCESS_CPUTIME_ID) - start) / batch;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) give_up("URL and goal are missing");
  const std::string url = arguments[1];
  const double goal = std::atof(arguments[2]);
  const int rounds = count > 3 ? std::atoi(arguments[3]) : 15;
  const char* const ca_file = count > 4 ? arguments[4] : nullptr;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  Raw raw(url.c_str(), ca_file);
  const TokenClient client(
      {.token_endpoint = url,
       .authentication = NoAuthentication{"app"},
       .transport_options = {.ca_file = ca_file == nullptr ? "" : ca_file, .proxy = ""}});
  raw.run();
  run(client);
  std::vector<double> theirs;
  std::vector<double> ours;
  std::vector<double> ratios;
  for (int i = 0; i < rounds; ++i) {
    theirs.push_back(microseconds([&] { raw.run(); }));
    ours.push_back(microseconds([&] { run(client); }));
    ratios.push_back(ours.back() / theirs.back());
  }
  const double ratio = median(ratios);
  std::printf("%s, 64 in flight, CPU us a request: libcurl multi %.1f, request_async %.1f\n",
              url.substr(0, url.find(':')).c_str(), median(theirs), median(ours));
  std::printf("goal 9: %s: %.2f x, goal %.2f x: %s\n", url.substr(0, url.find(':')).c_str(), ratio, goal,
              ratio <= goal ? "met" : "NOT MET");
}
