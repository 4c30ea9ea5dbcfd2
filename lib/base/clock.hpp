#pragma once

#include <chrono>
#include <string>

namespace oauth_token {

/// The wall clock, as tokens and records count: in seconds.
inline std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// For messages: "2024-05-01 12:00:00 UTC".
std::string to_text(std::chrono::sys_seconds time);

}  // namespace oauth_token
