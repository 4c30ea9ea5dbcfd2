#include "options.hpp"

#include <algorithm>
#include <vector>

namespace oauth_token::cli {
namespace {

/// Number of letters to insert, delete, replace or swap with their neighbour.
std::size_t distance(std::string_view left, std::string_view right) {
  const std::size_t width = right.size() + 1;
  std::vector<std::size_t> cost((left.size() + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& { return cost[i * width + j]; };
  for (std::size_t i = 0; i <= left.size(); ++i) at(i, 0) = i;
  for (std::size_t j = 0; j <= right.size(); ++j) at(0, j) = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t change = left[i - 1] == right[j - 1] ? 0 : 1;
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + change});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
        at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
    }
  }
  return at(left.size(), right.size());
}

}  // namespace

std::optional<OptionName> find_option(std::string_view name) noexcept {
  for (std::size_t i = 0; i < option_count; ++i) {
    if (option_table[i].name == name && !option_table[i].has(hidden)) return OptionName(i);
  }
  return std::nullopt;
}

std::optional<OptionName> find_option(char letter) noexcept {
  for (std::size_t i = 0; i < option_count; ++i) {
    if (option_table[i].letter == letter) return OptionName(i);
  }
  return std::nullopt;
}

std::string variable_name(const Option& option) {
  std::string name = "OAUTH_TOKEN_";
  for (const char letter : option.name) {
    const bool small = letter >= 'a' && letter <= 'z';
    name += small ? static_cast<char>(letter - 'a' + 'A') : letter == '-' ? '_' : letter;
  }
  return name;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> words) {
  std::string_view best;
  std::size_t best_distance = 1 + std::max<std::size_t>(2, word.size() / 3);
  if (word.size() > 64) return best;
  for (const std::string_view candidate : words) {
    // "pasword" is near "password-stdin" too.
    const std::string_view first_part = candidate.substr(0, candidate.find('-'));
    const std::size_t of_part = word.size() > 3 ? distance(word, first_part) + 1 : best_distance;
    const std::size_t d = std::min(distance(word, candidate), of_part);
    if (d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

}  // namespace oauth_token::cli
