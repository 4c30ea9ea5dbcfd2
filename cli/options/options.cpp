#include "options.hpp"

#include "base/characters.hpp"

#include <algorithm>

namespace oauth_token::cli {
namespace {

constexpr std::string_view variable_prefix = "OAUTH_TOKEN_";

constexpr char in_variable(char letter) noexcept { return letter == '-' ? '_' : upper(letter); }

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

std::string variable_name(const Option& option) { return variable_name(option.name); }

std::string variable_name(std::string_view option) {
  std::string name(variable_prefix);
  for (const char letter : option) name += in_variable(letter);
  return name;
}

bool is_variable(std::string_view name, const Option& option) noexcept {
  return name.size() == variable_prefix.size() + option.name.size() && name.starts_with(variable_prefix) &&
         std::ranges::equal(name.substr(variable_prefix.size()), option.name.view(), {}, {}, in_variable);
}

std::vector<std::string_view> split_choices(std::string_view choices) {
  std::vector<std::string_view> words;
  while (!choices.empty()) {
    words.push_back(choices.substr(0, choices.find('|')));
    choices.remove_prefix(std::min(words.back().size() + 1, choices.size()));
  }
  return words;
}

std::string with_separator(std::string_view choices, std::string_view separator) {
  std::string text;
  for (const char letter : choices) {
    if (letter == '|')
      text += separator;
    else
      text += letter;
  }
  return text;
}

std::vector<std::string> profile_key_names() {
  std::vector<std::string> names;
  for (const Option& option : option_table) {
    if (option.has(profile)) names.emplace_back(option.name);
  }
  return names;
}

}  // namespace oauth_token::cli
