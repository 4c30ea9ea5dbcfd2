#pragma once

#include <oauth_token/error.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

/// What every target defines: one run with one input. Breaks off (abort) where a rule does not hold.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzzing {

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Ends the run as a finding, naming the rule.
inline void must(bool holds, const char* rule) {
  if (holds) return;
  std::fprintf(stderr, "broken rule: %s\n", rule);
  std::abort();
}

/// Takes what stands before the first `separator`; all of it when there is none.
inline std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return taken;
}

inline bool has_control_character(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  return false;
}

/// Rules for every error: it says something, in one line that a terminal may see as it is.
inline void check(const oauth_token::Error& error) {
  must(!error.message.empty(), "an error says what is wrong");
  must(!has_control_character(error.message), "a message has no control character");
  must(!has_control_character(error.hint), "a hint has no control character");
  must(error.error_class != oauth_token::ErrorClass::internal, "bad input is no defect of ours");
}

}  // namespace fuzzing
