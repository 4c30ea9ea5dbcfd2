// Token requests of the library beside the same POST by libcurl alone. Both take turns, a batch each; the
// ratio is the median of the batches' ratios.
//   requests cpu IN-FLIGHT BATCH ROUNDS URL            prints LIBCURL LIBRARY RATIO, CPU us a request of the
//   whole process;
//                                                      0 in flight: one after the other, blocking. libcurl
//                                                      asks URL/libcurl
//   requests memory libcurl|library IN-FLIGHT BATCH URL  prints the peak of resident memory in KiB

#include "measure.hpp"
#include "peers/libcurl.hpp"

#include <oauth_token/token_client.hpp>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace oauth_token;

PasswordGrant grant() { return {.username = "alice", .password = Secret("secret"), .scope = {"read"}}; }

void check(const Result<Token>& token) {
  if (!token) give_up(token.error().message.c_str());
}

void one_after_the_other(const TokenClient& client, int wanted) {
  for (int i = 0; i < wanted; ++i) check(client.request(grant()));
}

// Each callback asks for the next one, on the library's own thread: nothing here needs a lock.
void at_once(const TokenClient& client, int in_flight, int wanted) {
  std::promise<void> over;
  int begun = 0;
  int ended = 0;
  std::function<void()> ask;
  const auto done = [&](const Result<Token>& token) {
    check(token);
    if (++ended == wanted) return over.set_value();
    if (begun < wanted) ask();
  };
  ask = [&] {
    ++begun;
    client.request_async(grant(), {}, done);
  };
  client.request_async(grant(), {}, [&](const Result<Token>& token) {
    check(token);
    for (int i = 0; i < in_flight; ++i) ask();
  });
  over.get_future().wait();
}

TokenClient make_client(const std::string& url) {
  return TokenClient(
      {.token_endpoint = url, .authentication = NoAuthentication{"app"}, .transport_options = {.proxy = ""}});
}

double microseconds(int batch, const std::function<void()>& once) {
  const double start = cpu_microseconds(CLOCK_PROCESS_CPUTIME_ID);
  once();
  return (cpu_microseconds(CLOCK_PROCESS_CPUTIME_ID) - start) / batch;
}

void compare_cpu(int in_flight, int batch, int rounds, const std::string& url) {
  const std::string raw_url = url + "/libcurl";
  std::unique_ptr<SerialByLibcurl> serial;
  std::unique_ptr<ManyByLibcurl> many;
  if (in_flight == 0)
    serial = std::make_unique<SerialByLibcurl>(raw_url.c_str());
  else
    many = std::make_unique<ManyByLibcurl>(raw_url.c_str(), in_flight);
  const TokenClient client = make_client(url);
  const auto theirs = [&] { serial ? serial->run(batch) : many->run(batch); };
  const auto ours = [&] {
    in_flight == 0 ? one_after_the_other(client, batch) : at_once(client, in_flight, batch);
  };
  theirs();
  ours();
  std::vector<double> theirs_us;
  std::vector<double> ours_us;
  std::vector<double> ratios;
  for (int i = 0; i < rounds; ++i) {
    theirs_us.push_back(microseconds(batch, theirs));
    ours_us.push_back(microseconds(batch, ours));
    ratios.push_back(ours_us.back() / theirs_us.back());
  }
  std::printf("%.2f %.2f %.4f\n", median(theirs_us), median(ours_us), median(ratios));
}

void measure_memory(std::string_view of, int in_flight, int batch, const std::string& url) {
  if (of == "libcurl")
    ManyByLibcurl(url.c_str(), in_flight).run(batch);
  else
    at_once(make_client(url), in_flight, batch);
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "VmHWM:") continue;
    status >> word;
    std::puts(word.c_str());
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) give_up("usage: requests cpu|memory ..., see the source");
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words[0] == "cpu")
    compare_cpu(std::atoi(arguments[2]), std::atoi(arguments[3]), std::atoi(arguments[4]), words[4]);
  else
    measure_memory(words[1], std::atoi(arguments[3]), std::atoi(arguments[4]), words[4]);
}
