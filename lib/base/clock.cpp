#include "base/clock.hpp"

#include <array>
#include <ctime>

namespace oauth_token {

std::string to_text(std::chrono::sys_seconds time) {
  const std::time_t seconds_since_epoch = time.time_since_epoch().count();
  std::tm parts{};
  ::gmtime_r(&seconds_since_epoch, &parts);
  std::array<char, 40> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return {text.data(), size};
}

}  // namespace oauth_token
