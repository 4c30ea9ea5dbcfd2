// Both halves of a session: what is read can be written and read again.

#include "fuzzing.hpp"
#include "session/record.hpp"
#include "session/secret_half.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oauth_token;
  const std::string_view text = fuzzing::text(data, size);
  const auto record = record_from_json(Secret(text), "work.json");
  if (record) {
    const std::string written = to_json(*record);
    const auto again = record_from_json(Secret(written), "work.json");
    fuzzing::must(again.has_value(), "a record that was written is read again");
    fuzzing::must(to_json(*again) == written, "a record that was written is the same");
    fuzzing::must(is_session_id(record->id), "a record has an id");
  } else {
    fuzzing::check(record.error());
  }

  SessionRecord ours;
  ours.id = "0123456789abcdef0123456789abcdef";
  ours.name = "work";
  ours.client.token_endpoint = "https://as.example/token";
  ours.client.client_id = "app";
  const auto half = secret_half_from_json(Secret(text), ours);
  if (!half) {
    fuzzing::check(half.error());
    return 0;
  }
  const Secret written = to_json(*half, ours);
  const auto again = secret_half_from_json(written.copy(), ours);
  fuzzing::must(again.has_value(), "a secret half that was written is read again");
  fuzzing::must(to_json(*again, ours) == written, "a secret half that was written is the same");
  return 0;
}
