// A valid token of a session that `oauth-token password` signed in: the stored one, else a renewed one.
//   ./token_source SESSION
#include <oauth_token/session.hpp>
#include <oauth_token/token_source.hpp>

#include <cstdio>
#include <utility>

using namespace oauth_token;

int main(int argc, char** argv) {
  TokenSource source{Session::open(argc > 1 ? argv[1] : "default")};
  for (int call = 0; call < 3; ++call) {  // as before each request to an API
    auto token = source.token();
    if (!token) {
      std::fprintf(stderr, "%s %s\n", token.error().message.c_str(), token.error().hint.c_str());
      return token.error().error_class == ErrorClass::reauthenticate ? 4 : 1;
    }
    std::printf("a %s token of %zu bytes\n", token->token_type.c_str(), token->access_token.size());
  }
  return 0;
}
