#pragma once

#include <cstddef>
#include <string>

namespace oauth_token::cli {

/// "1 token", "3 tokens".
inline std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace oauth_token::cli
