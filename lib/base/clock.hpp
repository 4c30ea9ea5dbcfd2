#pragma once

#include <chrono>

namespace oauth_token {

/// The wall clock, as tokens and records count: in seconds.
inline std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace oauth_token
