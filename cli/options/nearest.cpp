#include "nearest.hpp"

#include "options.hpp"

#include <algorithm>
#include <array>

namespace oauth_token::cli {
namespace {

constexpr std::size_t longest_word = 64;
constexpr std::size_t most_names = 12;

/// Number of letters to insert, delete, replace or swap with their neighbour; `limit` for that many and more.
std::size_t distance(std::string_view left, std::string_view right, std::size_t limit) {
  const std::size_t difference =
      left.size() < right.size() ? right.size() - left.size() : left.size() - right.size();
  if (difference >= limit || right.size() > longest_word) return limit;
  // Three rows of the table: swapping looks back over two.
  std::array<std::array<std::size_t, longest_word + 1>, 3> rows;
  for (std::size_t j = 0; j <= right.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& second_above = rows[(i + 1) % 3];
    row[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t change = left[i - 1] == right[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
        row[j] = std::min(row[j], second_above[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (least > limit) return limit;  // a swap may still save one
  }
  return std::min(rows[left.size() % 3][right.size()], limit);
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> words) {
  std::string_view best;
  std::size_t best_distance = 1 + std::max<std::size_t>(word.size() <= 3 ? 1 : 2, word.size() / 3);
  if (word.size() > longest_word) return best;
  for (const std::string_view candidate : words) {
    std::size_t d = distance(word, candidate, best_distance);
    // "pasword" is near "password-stdin" too.
    const std::string_view first_part = candidate.substr(0, candidate.find('-'));
    if (word.size() > 3 && first_part.size() < candidate.size())
      d = std::min(d, distance(word, first_part, best_distance) + 1);
    if (d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

std::string nearest(std::string_view word, const std::vector<std::string>& words) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  return std::string(nearest(word, views));
}

std::string_view nearest_choice(std::string_view word, std::string_view choices) {
  return nearest(word, split_choices(choices));
}

std::string some_of(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names.first(std::min(names.size(), most_names)))
    text += (text.empty() ? "" : ", ") + name;
  if (names.size() > most_names) text += " and " + std::to_string(names.size() - most_names) + " more";
  return text;
}

std::string did_you_mean(std::string_view before, std::string_view near, std::string_view behind) {
  if (near.empty()) return "";
  return "Did you mean " + std::string(before) + std::string(near) + std::string(behind) + "?";
}

std::string did_you_mean(std::string_view near, std::string otherwise) {
  return near.empty() ? otherwise : did_you_mean("\"", near, "\"");
}

}  // namespace oauth_token::cli
