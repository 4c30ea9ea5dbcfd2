#include "completion/values.hpp"

#include <algorithm>

namespace oauth_token::cli {
namespace {

Values stores(std::string_view choices) {
  return {Values::Kind::stores, with_separator(choices, " ") + " file:"};
}

Values operand_values(std::string_view name) {
  if (name == "PROFILE") return {Values::Kind::profiles};
  if (name == "SESSION") return {Values::Kind::sessions};
  if (name == "STORE") return stores(keeping_stores);
  if (name == "GRANT_TYPE")
    return {Values::Kind::words,
            "urn:ietf:params:oauth:grant-type:jwt-bearer urn:ietf:params:oauth:grant-type:token-exchange"};
  if (name == "METHOD") return {Values::Kind::words, "GET POST PUT PATCH DELETE HEAD"};
  if (name.find('|') != std::string_view::npos) return {Values::Kind::words, with_separator(name, " ")};
  return {};
}

}  // namespace

Values values_of(const Option& option, const Command& command) {
  if (option.name == "output") return {Values::Kind::words, with_separator(command.forms, " ")};
  if (option.name == "session") return {Values::Kind::sessions};
  if (option.value_name == "PROGRAM") return {Values::Kind::programs};
  if (option.name == "unset") {
    std::string keys;
    for (const std::string& key : profile_key_names()) keys += (keys.empty() ? "" : " ") + key;
    return {Values::Kind::words, keys};
  }
  if (option.check == Check::store) return stores(option.choices);
  if (!option.choices.empty()) return {Values::Kind::words, with_separator(option.choices, " ")};
  switch (option.check) {
    case Check::path:
    case Check::key:
      return {Values::Kind::files};
    default:
      return {};
  }
}

std::vector<Operand> operands_of(const Command& command) {
  std::vector<Operand> operands;
  std::string_view rest = command.operands.view().substr(0, command.operands.view().find("-- "));
  while (!rest.empty()) {
    std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (word.starts_with('[')) word = word.substr(1, word.size() - 2);
    operands.push_back({word, operand_values(word)});
  }
  return operands;
}

std::vector<std::string_view> command_groups() {
  std::vector<std::string_view> groups;
  for (const Command& command : commands()) {
    const std::string_view group = group_of(command);
    if (!group.empty() && std::ranges::find(groups, group) == groups.end()) groups.push_back(group);
  }
  return groups;
}

}  // namespace oauth_token::cli
