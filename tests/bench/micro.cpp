// Small pieces, by Google Benchmark.

#include "peers/form.hpp"
#include "protocol/token_response.hpp"

#include <oauth_token/secret.hpp>

#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

namespace {

using oauth_token::Secret;
using oauth_token::SecretBuffer;

void form_with_library(benchmark::State& state) {
  SecretBuffer body;
  for (auto _ : state) {
    form_by_library(body);
    benchmark::DoNotOptimize(body.data());
  }
}
BENCHMARK(form_with_library);

void form_with_curl_easy_escape(benchmark::State& state) {
  CURL* const easy = curl_easy_init();
  std::string body;
  for (auto _ : state) {
    form_by_libcurl(easy, body);
    benchmark::DoNotOptimize(body.data());
  }
  curl_easy_cleanup(easy);
}
BENCHMARK(form_with_curl_easy_escape);

void secret_made_and_wiped(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Secret("correct horse battery staple").size());
}
BENCHMARK(secret_made_and_wiped);

// A token response of a kilobyte, to the token of it.
void token_response_read(benchmark::State& state) {
  const std::string text = R"({"access_token":")" + std::string(930, 'a') +
                           R"(","token_type":"Bearer","expires_in":3600,"refresh_token":")" +
                           std::string(43, 'r') + R"(","scope":"read"})";
  const oauth_token::ClientAuthentication authentication = oauth_token::NoAuthentication{"app"};
  const std::string endpoint = "https://as.example/token";
  const Secret none;
  const std::vector<oauth_token::HttpHeader> headers;
  const oauth_token::protocol::ClientRequest client{endpoint, authentication, none, headers};
  const oauth_token::Grant grant =
      oauth_token::PasswordGrant{.username = "alice", .password = Secret("secret"), .scope = {"read"}};
  for (auto _ : state) {
    oauth_token::HttpResponse response{
        .status = 200, .headers = {{"Content-Type", "application/json"}}, .body = Secret(text)};
    if (!oauth_token::protocol::token_response(client, grant, std::move(response), {}))
      return state.SkipWithError("no token");
  }
}
BENCHMARK(token_response_read);

}  // namespace

BENCHMARK_MAIN();
