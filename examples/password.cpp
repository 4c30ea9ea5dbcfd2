// One token for a user name and password; nothing is kept.
//   printf %s "$PASSWORD" | ./password https://as.example/token CLIENT_ID USERNAME [CA_FILE]
#include <oauth_token/secret_source.hpp>
#include <oauth_token/token_client.hpp>

#include <cstdio>
#include <span>
#include <string>
#include <utility>

#include <unistd.h>

using namespace oauth_token;

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  if (arguments.size() < 4) {
    std::fprintf(stderr, "usage: password TOKEN_ENDPOINT CLIENT_ID USERNAME [CA_FILE] <PASSWORD\n");
    return 2;
  }
  TokenClientOptions options;
  options.token_endpoint = arguments[1];
  options.authentication = NoAuthentication{.client_id = arguments[2]};
  if (arguments.size() > 4) options.transport_options.ca_file = arguments[4];
  const TokenClient client(std::move(options));

  auto password = read_secret_descriptor(STDIN_FILENO);
  if (!password) {
    std::fprintf(stderr, "%s\n", password.error().message.c_str());
    return 2;
  }
  // The grant takes the password over and wipes it before the call returns.
  auto token = client.request(PasswordGrant{.username = arguments[3], .password = std::move(*password)});
  if (!token) {
    std::fprintf(stderr, "%s: %s\n", to_string(token.error().error_class).data(),
                 token.error().message.c_str());
    return 1;
  }
  const std::string_view text = token->access_token.expose();
  // write(2), since stdio would keep a copy in its buffer.
  return ::write(STDOUT_FILENO, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
}
