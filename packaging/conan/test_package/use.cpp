// A request to a port where nobody listens: it fails only once the package's modules were found and opened.
#include <oauth_token/token_client.hpp>

#include <cstdio>

using namespace oauth_token;

int main() {
  const TokenClient client{
      {.token_endpoint = "http://127.0.0.1:1/token", .authentication = NoAuthentication{"client"}}};
  const auto token = client.request(ClientCredentialsGrant{});
  if (token || token.error().error_class == ErrorClass::network) return token ? 1 : 0;
  std::fprintf(stderr, "%s %s\n", token.error().message.c_str(), token.error().hint.c_str());
  return 1;
}
