// Authorization server metadata.

#include "protocol/metadata.hpp"

#include "answers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oauth_token;
  const auto found = protocol::metadata_response(fuzzing::response(fuzzing::text(data, size)),
                                                 "https://as.example", fuzzing::now);
  if (!found) {
    fuzzing::check(found.error());
    return 0;
  }
  if (!*found) return 0;
  const ServerMetadata& metadata = **found;
  fuzzing::must(metadata.issuer == "https://as.example" || metadata.issuer == "https://as.example/",
                "a document of another issuer is refused");
  fuzzing::must(!metadata.token_endpoint.empty(), "metadata name a token endpoint");
  fuzzing::must(json::parse(Secret(metadata.json)).has_value(), "the document is JSON");
  return 0;
}
