// The bytes of a connection: the result must not depend on how they arrive.

#include "fuzzing.hpp"
#include "http/response_reader.hpp"

#include <algorithm>
#include <optional>

namespace {

using namespace oauth_token;

struct Outcome {
  bool complete = false;
  std::string error = {};
  int status = 0;
  std::string body = {};
  bool reusable = false;
  bool operator==(const Outcome&) const = default;
};

Outcome read(std::string_view bytes, std::size_t part) {
  http::ResponseReader reader(false);
  Outcome outcome;
  bool complete = false;
  while (!bytes.empty() && !complete) {
    const auto room = reader.room();
    fuzzing::must(!room.empty(), "there is room for more");
    const std::size_t count = std::min({part, room.size(), bytes.size()});
    std::copy_n(bytes.data(), count, room.data());
    bytes.remove_prefix(count);
    const auto done = reader.read(count);
    if (!done) {
      fuzzing::check(done.error());
      outcome.error = done.error().message;
      return outcome;
    }
    complete = *done;
  }
  if (!complete) complete = reader.end();
  outcome.complete = complete;
  outcome.status = reader.status();
  if (!complete) return outcome;
  outcome.reusable = reader.connection_is_reusable() && bytes.empty();
  const HttpResponse response = reader.take();
  fuzzing::must(response.status >= 200 && response.status <= 999, "a final response has a final status");
  fuzzing::must(response.body.size() <= std::size_t{1} << 20U, "a body is 1 MiB at most");
  for (const HttpHeader& header : response.headers)
    fuzzing::must(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
                  "a header's value is one line");
  outcome.body = response.body.expose();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzzing::text(data, size);
  const Outcome whole = read(bytes, bytes.size());
  for (const std::size_t part : {std::size_t{1}, std::size_t{7}}) {
    if (size > 4096 && part == 1) continue;
    const Outcome parts = read(bytes, part);
    fuzzing::must(
        parts.complete == whole.complete && parts.status == whole.status && parts.body == whole.body,
        "how the bytes arrive makes no difference");
  }
  return 0;
}
