#include "protocol/numbers.hpp"

#include "base/characters.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

namespace oauth_token::protocol {
namespace {

using Limits = std::numeric_limits<std::int64_t>;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// Without the sign; also keeps "inf" and "nan" out, which from_chars would take.
bool begins_with_digit(std::string_view digits) {
  if (!digits.empty() && digits[0] == '-') digits.remove_prefix(1);
  return !digits.empty() && is_digit(digits[0]);
}

// Of a decimal number that no double can hold: whether it is too near to 0, and not too far from it.
bool is_too_small(std::string_view digits) {
  const std::size_t e = std::min(digits.find_first_of("eE"), digits.size());
  const std::string_view written = digits.substr(0, e);
  const std::size_t point = std::min(written.find('.'), e);
  const std::size_t first = std::min(written.find_first_of("123456789"), e);
  std::string_view power = digits.substr(std::min(e + 1, digits.size()));
  if (!power.empty() && power[0] == '+') power.remove_prefix(1);
  std::int64_t exponent = 0;
  const auto [rest, status] = std::from_chars(power.data(), power.data() + power.size(), exponent);
  if (status == std::errc::result_out_of_range) return power[0] == '-';
  return exponent < static_cast<std::int64_t>(first) - static_cast<std::int64_t>(point);
}

}  // namespace

std::optional<std::chrono::seconds> number_of_seconds(const json::Value& value) {
  const auto written = value.number() ? value.number() : value.text();
  if (!written) return std::nullopt;
  const std::string_view digits = trimmed(*written);
  if (!begins_with_digit(digits)) return std::nullopt;
  const bool negative = digits[0] == '-';
  const char* const end = digits.data() + digits.size();
  std::int64_t whole = 0;
  const auto [rest, status] = std::from_chars(digits.data(), end, whole);
  if (rest == end)
    return std::chrono::seconds(status == std::errc() ? whole : negative ? Limits::min() : Limits::max());

  double number = 0;
  const auto [behind, how] = std::from_chars(digits.data(), end, number);
  if (behind != end) return std::nullopt;
  if (how == std::errc::result_out_of_range) {
    if (is_too_small(digits)) return std::chrono::seconds(negative ? -1 : 0);
    return std::chrono::seconds(negative ? Limits::min() : Limits::max());
  }
  number = std::floor(number);
  constexpr double bound = 9.2e18;
  if (number >= bound) return std::chrono::seconds(Limits::max());
  if (number <= -bound) return std::chrono::seconds(Limits::min());
  return std::chrono::seconds(static_cast<std::int64_t>(number));
}

std::chrono::sys_seconds later(std::chrono::sys_seconds now, std::chrono::seconds duration) {
  return now + std::min(duration, ten_years);
}

}  // namespace oauth_token::protocol
