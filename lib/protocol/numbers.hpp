#pragma once

#include <oauth_token/json.hpp>

#include <chrono>
#include <optional>

namespace oauth_token::protocol {

/// What a JSON number, or a string that holds a decimal one, says in seconds: rounded down, and held inside
/// what fits. Nothing for anything else.
std::optional<std::chrono::seconds> number_of_seconds(const json::Value& value);

/// `now` and a time to come, at most ten years on.
std::chrono::sys_seconds later(std::chrono::sys_seconds now, std::chrono::seconds duration);

inline constexpr std::chrono::seconds ten_years{3650LL * 24 * 3600};

}  // namespace oauth_token::protocol
