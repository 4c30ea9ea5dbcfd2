// Retry-After and dates of HTTP.

#include "fuzzing.hpp"
#include "protocol/retry_after.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oauth_token::protocol;
  constexpr std::chrono::sys_seconds now{std::chrono::seconds(1'795'262'400)};
  const std::string_view text = fuzzing::text(data, size);
  const auto wait = retry_after(text, now);
  fuzzing::must(!wait || (*wait >= std::chrono::seconds(0) && *wait <= std::chrono::days(3660)),
                "a wait is between nothing and ten years");
  const auto date = http_date(text, now);
  if (date)
    fuzzing::must(date->time_since_epoch() > std::chrono::seconds(-62'200'000'000), "a date has a year");
  return 0;
}
