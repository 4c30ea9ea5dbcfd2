#include "completion/script.hpp"
#include "completion/values.hpp"

namespace oauth_token::cli {
namespace {

// The words are put together again from COMP_LINE: bash takes them apart at "=", ":" and "@", too.
constexpr std::string_view bash_beginning =
    R"sh(# bash completion of oauth-token, printed by "oauth-token completion bash"
# shellcheck shell=bash disable=SC2086,SC2295  # lists of words are split, breaks are a pattern

_oauth_token_offer() {
  local word
  for word; do [[ $word == "$value"* ]] && COMPREPLY+=("$before$word"); done
}

_oauth_token_names() {
  local name rest
  {
    read -r rest
    while read -r name rest; do
      [[ $name == *[!A-Za-z0-9._@+-]* ]] || _oauth_token_offer "$name"
    done
  } < <(command oauth-token "$@" -o text --quiet --no-input </dev/null 2>/dev/null)
}

_oauth_token_values() {
  case $1 in
    profiles) _oauth_token_names profile list ;;
    sessions) _oauth_token_names list ;;
    files) compopt -o default ;;
    programs) mapfile -t COMPREPLY < <(compgen -c -- "$value") ;;
    stores)
      if [[ $value == file:* ]]; then
        compopt -o dirnames
      else
        _oauth_token_offer "${@:2}"
        [[ ${COMPREPLY[*]} == *file: ]] && compopt -o nospace
      fi
      ;;
    words) _oauth_token_offer "${@:2}" ;;
  esac
}

_oauth_token() {
  local IFS=$' \t\n'
  COMPREPLY=()
  local i split=0 word words=() line=${COMP_LINE:0:COMP_POINT}
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $i -eq 0 || $line == [[:space:]]* ]]; then words+=(""); fi
    line=${line#"${line%%[![:space:]]*}"}
    if ((i == COMP_CWORD)); then word=$line; fi
    words[-1]+=$word
    line=${line#"$word"}
    if [[ $split -eq 0 && $word == -- && $i -lt $COMP_CWORD ]]; then split=$((i + 1)); fi
  done

  local value=${words[-1]} before="" option="" operands=() behind=0
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    word=${words[i]}
    if ((behind)) || [[ $word != -?* ]]; then
      operands+=("$word")
      continue
    fi
    case $word in
      --) behind=1 ;;
)sh";

constexpr std::string_view bash_ending = R"sh(
  if [[ $options == exec:* ]] && ((behind)); then
    if declare -F _command_offset >/dev/null; then
      _command_offset "$split"
    elif ((split == COMP_CWORD)); then
      mapfile -t COMPREPLY < <(compgen -c -- "$value")
    else
      compopt -o default
    fi
    return
  fi
  if [[ -z $option && $behind -eq 0 && $value == --*=* ]]; then
    option=${value%%=*}
    before=$option=
    value=${value#*=}
  fi
  case $option in
    "")
      if [[ $behind -eq 0 && $value == -* ]]; then
        _oauth_token_offer ${options#*:}
      else
        _oauth_token_values ${kinds[position]-}
      fi
      ;;
)sh";

// What readline leaves alone: all up to the last character that it takes words apart at.
constexpr std::string_view end_of_all = R"sh(  esac

  local breaks="" letter
  for letter in = : @; do [[ $COMP_WORDBREAKS == *"$letter"* ]] && breaks+=$letter; done
  if [[ -n $breaks ]]; then
    local kept=${before}${value}
    kept=${kept%"${kept##*[$breaks]}"}
    COMPREPLY=("${COMPREPLY[@]#"$kept"}")
  fi
}

complete -F _oauth_token oauth-token
)sh";

std::string kind_and_words(const Values& values) {
  switch (values.kind) {
    case Values::Kind::free:
      return "";
    case Values::Kind::words:
      return "words " + values.words;
    case Values::Kind::stores:
      return "stores " + values.words;
    case Values::Kind::files:
      return "files";
    case Values::Kind::programs:
      return "programs";
    case Values::Kind::profiles:
      return "profiles";
    case Values::Kind::sessions:
      return "sessions";
  }
  return "";
}

std::string spelled(const Option& option, std::string_view between) {
  std::string text;
  if (option.letter != 0) text = std::string("-") + option.letter + std::string(between);
  return text + "--" + std::string(option.name);
}

std::string bash_options_with_value() {
  std::string text;
  for (const Option& option : option_table)
    if (!option.stands_alone() && !option.has(hidden))
      text += (text.empty() ? "" : " | ") + spelled(option, " | ");
  return "      " + text +
         ")\n        ((++i))\n        ((i < ${#words[@]} - 1)) || option=$word\n        ;;\n";
}

std::string command_names(std::string_view group) {
  std::string text;
  if (group.empty())
    for (const std::string_view each : command_groups()) text += " " + std::string(each);
  for (const Command& command : commands())
    if (group_of(command) == group) text += " " + std::string(name_in_group(command));
  return text;
}

std::string branch(const Command& command) {
  std::string options;
  for (const Option& option : option_table)
    if (command.takes(option)) options += " " + spelled(option, " ");
  std::string text = "    " + std::string(command.name) + ")\n";
  if (!group_of(command).empty())
    text = "    \"" + std::string(command.name) + "\")\n      position=$((position - 1))\n";
  text += "      options=\"" + std::string(command.name) + ":" + options.substr(1) + "\"\n";
  if (!command.forms.empty()) text += "      forms=\"" + with_separator(command.forms, " ") + "\"\n";
  const auto operands = operands_of(command);
  if (!operands.empty()) {
    text += "      kinds=(";
    for (const Operand& operand : operands)
      text += (operand.name == operands.front().name ? "\"" : " \"") + kind_and_words(operand.values) + "\"";
    text += ")\n";
  }
  return text + "      ;;\n";
}

std::string command_branches() {
  std::string common;
  for (const Option& option : option_table)
    if (option.group == Group::common) common += " " + spelled(option, " ");
  std::string groups;
  for (const std::string_view group : command_groups())
    groups += (groups.empty() ? "" : " | ") + std::string(group);
  std::string text =
      "      *) ;;\n    esac\n  done\n\n"
      "  [[ ${operands[0]-} == help ]] && operands=(\"${operands[@]:1}\")\n"
      "  local command=${operands[0]-} options=\":" +
      common.substr(1) +
      "\" forms=\"\" kinds=()\n"
      "  local position=$((${#operands[@]} - 1))\n"
      "  case $command in " +
      groups +
      ") command+=${operands[1]:+ ${operands[1]}} ;; esac\n"
      "  case $command in\n    \"\")\n      position=0\n      kinds=(\"words" +
      command_names("") + "\")\n      ;;\n";
  for (const std::string_view group : command_groups())
    text += "    " + std::string(group) + ") kinds=(\"words" + command_names(group) + "\") ;;\n";
  for (const Command& command : commands()) text += branch(command);
  return text + "  esac\n";
}

std::string value_branches() {
  std::string text;
  for (const Option& option : option_table) {
    if (option.kind == Kind::flag || option.has(hidden)) continue;
    const Values values = values_of(option, Command{});
    if (values.kind == Values::Kind::free) continue;
    text += "    " + spelled(option, " | ") + ") _oauth_token_values " +
            (option.name == "output" ? "words $forms" : kind_and_words(values)) + " ;;\n";
  }
  return text;
}

}  // namespace

std::string bash_completion() {
  std::string text(bash_beginning);
  text += bash_options_with_value();
  text += command_branches();
  text += bash_ending;
  text += value_branches();
  text += end_of_all;
  return text;
}

}  // namespace oauth_token::cli
