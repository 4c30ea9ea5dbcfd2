#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace oauth_token::protocol {

/// RFC 9110 s5.6.7, in all three forms; a year of two digits lies less than 50 years ahead of `now`.
std::optional<std::chrono::sys_seconds> http_date(std::string_view text, std::chrono::sys_seconds now);

/// RFC 9110 s10.2.3: seconds or a date, as a duration from `now`; 0 for the past, ten years at most.
std::optional<std::chrono::seconds> retry_after(std::string_view value, std::chrono::sys_seconds now);

}  // namespace oauth_token::protocol
