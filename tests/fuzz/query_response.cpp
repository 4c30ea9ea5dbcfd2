// Answers of introspection and revocation endpoints.

#include "answers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oauth_token;
  const std::string_view input = fuzzing::text(data, size);
  const std::string endpoint = "https://as.example/query";
  const ClientAuthentication authentication =
      ClientSecretPost{.client_id = "app", .client_secret = Secret(fuzzing::client_secret)};
  const Secret assertion;
  const std::vector<HttpHeader> headers;
  const protocol::ClientRequest client{endpoint, authentication, assertion, headers};
  const Secret token(fuzzing::password);
  const protocol::TokenQuery query{token, "access_token"};
  const protocol::Reading reading{.now = fuzzing::now};
  const auto answer = protocol::introspection_response(client, query, fuzzing::response(input), reading);
  if (answer) {
    const auto document = json::parse(answer->copy(), {.lone_surrogates = true});
    fuzzing::must(document && document->root()["active"].boolean().has_value(), "active is a boolean");
  } else {
    fuzzing::check_answer_error(answer.error());
  }
  const auto done = protocol::revocation_response(client, query, fuzzing::response(input), reading);
  if (!done) fuzzing::check_answer_error(done.error());
  return 0;
}
