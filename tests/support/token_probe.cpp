// A program as an application would write it: one token by the password grant, then everything is dropped.
// What the memory scan looks into.

#include <oauth_token/interactive_sign_in.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/token_client.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
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

/// The password as a person types it into a dialog, and tokens that are kept in `store`, or in the keyring.
class Dialog {
 public:
  Dialog(char** argv, Secret client_secret, std::shared_ptr<TokenStore> store) {
    SignInOptions options;
    options.wanted.name = "probe";
    options.wanted.client = {.token_endpoint = argv[1], .client_id = "app", .ca_file = argv[2]};
    if (argv[3][0] != '\0') options.wanted.client.proxy = argv[3];
    options.wanted.client.client_auth = argv[4];
    options.attempts = 1;
    options.session.state_folder = folder_;
    options.session.store = std::move(store);
    options.session.keyring.timeout = std::chrono::seconds(20);
    options.session.client.client_secret = std::move(client_secret);
    options.session.client.timeout = std::chrono::milliseconds(std::stoi(argv[5]));
    options.session.client.allow_http = true;
    sign_in_ = std::make_unique<InteractiveSignIn>(
        std::move(options),
        [this](const SignInQuestion&, const std::function<void(Result<SignInAnswer>)>& answer) {
          answer(SignInAnswer{.username = "alice", .password = std::move(password_)});
        });
  }
  Dialog(const Dialog&) = delete;
  Dialog& operator=(const Dialog&) = delete;
  ~Dialog() {
    sign_in_.reset();  // waits for what it keeps
    std::filesystem::remove_all(folder_);
  }

  Result<Token> ask(Secret password, std::stop_token stop) {
    password_ = std::move(password);
    std::promise<Result<Token>> promise;
    sign_in_->run_async(std::move(stop),
                        [&promise](Result<Token> token) { promise.set_value(std::move(token)); });
    return promise.get_future().get();
  }

 private:
  std::string pattern_ = std::filesystem::temp_directory_path() / "oauth-token-probe.XXXXXX";
  std::string folder_ = ::mkdtemp(pattern_.data());
  Secret password_ = {};
  std::unique_ptr<InteractiveSignIn> sign_in_ = {};
};

}  // namespace

// Arguments: URL, CA file, proxy, method, timeout and time to cancel (0: never) in milliseconds, how often,
// the descriptors of password and client secret, and "async", "dialog", "keyring" (a dialog, too) or nothing.
int main(int argc, char** argv) {
  const std::string way = argc > 10 ? argv[10] : "";
  Secret client_secret = read_all(argv[9]);
  auto dialog = way == "dialog"    ? std::make_unique<Dialog>(argv, client_secret.copy(), make_memory_store())
                : way == "keyring" ? std::make_unique<Dialog>(argv, client_secret.copy(), nullptr)
                                   : nullptr;
  TokenClientOptions options{.token_endpoint = argv[1],
                             .authentication = authentication(argv[4], std::move(client_secret)),
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
    const auto token = dialog           ? dialog->ask(std::move(grant.password), stop.get_token())
                       : way == "async" ? request_async(*client, std::move(grant), stop.get_token())
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
  dialog.reset();
  std::cout << "held" << std::endl;
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
}
