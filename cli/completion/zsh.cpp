#include "completion/script.hpp"
#include "completion/values.hpp"

namespace oauth_token::cli {
namespace {

constexpr std::string_view zsh_beginning = R"sh(#compdef oauth-token
# zsh completion of oauth-token, printed by "oauth-token completion zsh"

_oauth_token_names() {
  local -a lines names
  lines=("${(@f)$(command oauth-token "${@[2,-1]}" -o text --quiet --no-input </dev/null 2>/dev/null)}")
  shift lines
  names=(${${lines%% *}:#*[^A-Za-z0-9._@+-]*})
  compadd -X "$1" -a names
}

_oauth_token_profiles() { _oauth_token_names profile profile list }
_oauth_token_sessions() { _oauth_token_names session list }

_oauth_token_stores() {
  if [[ $PREFIX == file:* ]]; then
    compset -P file:
    _files -/
  else
    compadd -S '' -- file:
    compadd -- "$@"
  fi
}

)sh";

constexpr std::string_view zsh_ending = R"sh(
if [[ $funcstack[1] == _oauth-token ]]; then
  _oauth-token "$@"
else
  compdef _oauth-token oauth-token
fi
)sh";

/// In single quotes, and with what _arguments and _describe take apart kept together.
std::string zsh_escaped(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '\'') {
      out += "'\\''";
      continue;
    }
    if (letter == ':' || letter == '[' || letter == ']' || letter == '\\') out += '\\';
    out += letter;
  }
  return out;
}

std::string action(const Values& values) {
  switch (values.kind) {
    case Values::Kind::free:
      return " ";
    case Values::Kind::words:
      return "(" + values.words + ")";
    case Values::Kind::stores:
      // The space keeps _arguments from adding words of its own behind the function's name.
      return " _oauth_token_stores " + values.words.substr(0, values.words.rfind(' '));
    case Values::Kind::files:
      return "_files";
    case Values::Kind::programs:
      return "_command_names -e";
    case Values::Kind::profiles:
      return "_oauth_token_profiles";
    case Values::Kind::sessions:
      return "_oauth_token_sessions";
  }
  return " ";
}

std::string option_spec(const Option& option, const Command& command) {
  const bool may_be_left_out = option.kind == Kind::choice_flag;
  const std::string value = option.kind == Kind::flag
                                ? std::string()
                                : (may_be_left_out ? "::" : ":") + zsh_escaped(option.value_name) + ":" +
                                      action(values_of(option, command));
  const std::string name(option.name);
  const std::string equals = option.kind == Kind::flag ? "" : may_be_left_out ? "=-" : "=";
  const std::string rest = "'[" + zsh_escaped(option.help) + "]" + value + "'";
  if (option.letter == 0)
    return " \\\n        " + std::string(option.kind == Kind::list ? "'*" : "'") + "--" + name + equals +
           rest.substr(1);
  const std::string letter(1, option.letter);
  return " \\\n        '(-" + letter + " --" + name + ")'{-" + letter + (equals.empty() ? "" : "+") + ",--" +
         name + equals + "}" + rest;
}

std::string command_branch(const Command& command) {
  std::string text = "      " + std::string(name_in_group(command)) + ")\n";
  if (command.has_child) {
    text +=
        "        local split=${words[(i)--]}\n"
        "        if ((split < CURRENT)); then\n"
        "          words=(\"${(@)words[split + 1,-1]}\")\n"
        "          ((CURRENT -= split))\n"
        "          _normal\n"
        "          return\n"
        "        fi\n";
  }
  text += "        _arguments -S";
  for (const Option& option : option_table)
    if (command.takes(option)) text += option_spec(option, command);
  for (const Operand& operand : operands_of(command))
    text += " \\\n        ':" + zsh_escaped(operand.name) + ":" + action(operand.values) + "'";
  return text + "\n        ;;\n";
}

/// The function that completes the commands of one group, or all.
std::string function_of(std::string_view group) {
  std::string names;
  std::string branches;
  if (group.empty()) {
    branches += "      help) _oauth-token ;;\n";
    for (const std::string_view each : command_groups()) {
      names += "      '" + std::string(each) + ":" + zsh_escaped(group_summary(each)) + "'\n";
      branches += "      " + std::string(each) + ") _oauth-token-" + std::string(each) + " ;;\n";
    }
  }
  for (const Command& command : commands()) {
    if (group_of(command) != group) continue;
    names += "      '" + std::string(name_in_group(command)) + ":" + zsh_escaped(command.summary) + "'\n";
    branches += command_branch(command);
  }
  std::string text = "_oauth-token" + (group.empty() ? "" : "-" + std::string(group)) + "() {\n";
  text += "  local curcontext=$curcontext state line ret=1\n  local -A opt_args\n  _arguments -C -S";
  for (const Option& option : option_table)
    if (option.group == Group::common) text += option_spec(option, Command{});
  text += " \\\n        ':command:->command' '*::rest:->rest' && ret=0\n  case $state in\n  command)\n";
  text += "    local -a commands=(\n" + names + "    )\n    _describe command commands && ret=0\n    ;;\n";
  text +=
      "  rest)\n    case $line[1] in\n" + branches + "    esac && ret=0\n    ;;\n  esac\n  return ret\n}\n\n";
  return text;
}

}  // namespace

std::string zsh_completion() {
  std::string text(zsh_beginning);
  for (const std::string_view group : command_groups()) text += function_of(group);
  text += function_of("");
  text += zsh_ending.substr(1);
  return text;
}

}  // namespace oauth_token::cli
