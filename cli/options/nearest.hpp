#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token::cli {

/// The word of `words` that is written most like `word`; empty when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> words);
std::string nearest(std::string_view word, const std::vector<std::string>& words);
/// The same among "a|b|c".
std::string_view nearest_choice(std::string_view word, std::string_view choices);

/// "a, b, c", of many names the first ones and how many more there are.
std::string some_of(std::span<const std::string> names);

/// The hint for who wrote something like `near`: "Did you mean BEFORE...BEHIND?"; empty where nothing is
/// near.
std::string did_you_mean(std::string_view before, std::string_view near, std::string_view behind);
/// The same with quotes around it; `otherwise` where nothing is near.
std::string did_you_mean(std::string_view near, std::string otherwise);

}  // namespace oauth_token::cli
