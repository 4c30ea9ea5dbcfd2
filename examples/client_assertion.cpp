// A token for the client itself, which proves who it is by a signature (private_key_jwt, RFC 7523): no secret
// leaves this machine.
//   ./client_assertion https://as.example CLIENT_ID KEY_FILE [CA_FILE]
#include <oauth_token/client_settings.hpp>
#include <oauth_token/token_client.hpp>

#include <cstdio>
#include <span>
#include <string_view>

#include <unistd.h>

using namespace oauth_token;

static int report(const Error& error) {
  std::fprintf(stderr, "%s %s\n", error.message.c_str(), error.hint.c_str());
  return 1;
}

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  if (arguments.size() < 4) {
    std::fprintf(stderr, "usage: client_assertion ISSUER CLIENT_ID KEY_FILE [CA_FILE]\n");
    return 2;
  }
  ClientSettings settings;
  settings.issuer = arguments[1];  // its metadata name the token endpoint
  settings.client_id = arguments[2];
  settings.assertion.key = arguments[3];  // PEM, PKCS#12, JWK, or a pkcs11: URI
  if (arguments.size() > 4) settings.ca_file = arguments[4];
  auto client = make_client(settings, {});
  if (!client) return report(client.error());

  // Each request carries an assertion of its own, valid for a minute.
  auto token = client->request(ClientCredentialsGrant{});
  if (!token) return report(token.error());
  const std::string_view text = token->access_token.expose();
  return ::write(STDOUT_FILENO, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
}
