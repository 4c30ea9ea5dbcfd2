// A program as an application would write it: one token by the password grant, then everything is dropped.
// What the memory scan looks into.

#include <oauth_token/secret.hpp>
#include <oauth_token/token_client.hpp>

#include <chrono>
#include <future>
#include <iostream>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace {

using namespace oauth_token;

Secret read_all(const std::string& descriptor) {
  SecretBuffer buffer;
  for (;;) {
    char* const where = buffer.room(4096);
    const ssize_t count = ::read(std::stoi(descriptor), where, 4096);
    if (count <= 0) return buffer.take();
    buffer.grew(static_cast<std::size_t>(count));
  }
}

ClientAuthentication authentication(const std::string& method, Secret client_secret) {
  if (method == "client_secret_post")
    return ClientSecretPost{.client_id = "app", .client_secret = std::move(client_secret)};
  return ClientSecretBasic{.client_id = "app",
                           .client_secret = std::move(client_secret),
                           .encoding = method == "raw" ? BasicEncoding::raw : BasicEncoding::form};
}

Result<Token> request_async(const TokenClient& client, PasswordGrant grant, std::stop_token stop) {
  std::promise<Result<Token>> promise;
  client.request_async(std::move(grant), std::move(stop),
                       [&promise](Result<Token> token) { promise.set_value(std::move(token)); });
  return promise.get_future().get();
}

}  // namespace

// Arguments: URL, CA file, proxy, method, timeout and time to cancel (0: never) in milliseconds, how often,
// the descriptors of password and client secret, and "async" or nothing.
int main(int argc, char** argv) {
  TokenClientOptions options{.token_endpoint = argv[1],
                             .authentication = authentication(argv[4], read_all(argv[9])),
                             .timeout = std::chrono::milliseconds(std::stoi(argv[5])),
                             .transport_options = {.ca_file = argv[2], .proxy = argv[3], .allow_http = true}};
  auto client = std::make_unique<TokenClient>(std::move(options));
  Secret password = read_all(argv[8]);
  for (int i = 0; i < std::stoi(argv[7]); ++i) {
    std::stop_source stop;
    std::jthread canceller;
    if (const int after = std::stoi(argv[6]); after > 0)
      canceller = std::jthread([&stop, after] {
        std::this_thread::sleep_for(std::chrono::milliseconds(after));
        stop.request_stop();
      });
    PasswordGrant grant{.username = "alice", .password = password.copy()};
    const auto token = argc > 10 ? request_async(*client, std::move(grant), stop.get_token())
                                 : client->request(std::move(grant), stop.get_token());
    const nlohmann::json out = {
        {"class", token ? "" : std::string(to_string(token.error().error_class))},
        {"message", token ? "" : token.error().message},
        {"status", token ? 200 : token.error().http_status},
        {"lengths", {token ? token->access_token.size() : 0, token ? token->refresh_token.size() : 0}}};
    std::cout << out.dump() << std::endl;
  }
  password.wipe();
  client.reset();
  std::cout << "held" << std::endl;
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
}
