#include "help.hpp"

#include "options.hpp"

namespace oauth_token::cli {
namespace {

constexpr std::size_t screen_width = 80;
constexpr std::size_t text_column = 29;
constexpr std::size_t command_column = 21;

std::string left_side(const Option& option) {
  std::string text = "  ";
  if (option.letter != 0) {
    text += '-';
    text += option.letter;
    text += ", ";
  }
  text += "--";
  text += option.name;
  if (option.kind == Kind::choice_flag) text.append("[=").append(option.value_name).append("]");
  if (!option.stands_alone()) text.append(" ").append(option.value_name);
  return text;
}

/// "left      right", the right side wrapped into its column.
void append_entry(std::string& out, std::string line, std::string_view right, std::size_t column) {
  if (line.size() >= column) {
    out += line + "\n";
    line.clear();
  }
  line.resize(column, ' ');
  while (!right.empty()) {
    std::size_t length = right.size();
    if (column + length > screen_width) {
      length = right.rfind(' ', screen_width - column);
      if (length == std::string_view::npos) length = right.size();
    }
    out += line;
    out += right.substr(0, length);
    out += '\n';
    line.assign(column, ' ');
    right.remove_prefix(length == right.size() ? length : length + 1);
  }
}

std::string meaning(const Command& command, const Option& option) {
  if (option.name != "output") return std::string(option.help);
  std::string forms(command.forms);
  for (std::size_t bar = 0; (bar = forms.find('|', bar)) != std::string::npos; bar += 2)
    forms.replace(bar, 1, ", ");
  return std::string(option.help) + " " + forms;
}

/// Names only, wrapped: what the short help says of an option that few need. The file and the command that
/// give the same secret are one entry.
std::string name_list(const Command& command) {
  constexpr std::string_view file = "-file";
  constexpr std::string_view by_command = "-command";
  std::string out;
  std::string line = " ";
  std::string_view pair;  // the stem of the last file
  for (const Option& option : option_table) {
    if (!command.takes(option) || option.has(primary)) continue;
    if (option.name.ends_with(by_command) &&
        option.name.substr(0, option.name.size() - by_command.size()) == pair) {
      line += "|-command";
      continue;
    }
    pair = option.name.ends_with(file) ? option.name.substr(0, option.name.size() - file.size()) : "";
    const std::string entry = " --" + std::string(option.name);
    const std::size_t room = pair.empty() ? 0 : by_command.size() + 1;
    if (line.size() + entry.size() + room > screen_width) {
      out += line + "\n";
      line = " ";
    }
    line += entry;
  }
  return out + line + "\n";
}

/// "oauth-token profile --help": what every command's help has, of its commands.
std::string group_help(std::string_view group) {
  const std::string name = "oauth-token " + std::string(group);
  std::string out = "Usage: " + name + " COMMAND [OPTION]...\n\nCommands:\n";
  std::string examples;
  for (const Command& command : commands()) {
    if (!command.name.starts_with(std::string(group) + " ")) continue;
    append_entry(out, "  " + std::string(command.name.substr(group.size() + 1)), command.summary,
                 command_column);
    examples += command.examples.substr(0, command.examples.find('\n') + 1);
  }
  return out + "\n\"" + name + " COMMAND --help\" shows the options of a command.\n\nExamples:\n" + examples;
}

}  // namespace

std::string overview(std::string_view group) {
  if (!group.empty()) return group_help(group);
  std::string out =
      "oauth-token - exchange a user name and password for an OAuth 2.0 token,\n"
      "and keep the session alive from then on.\n"
      "\nUsage: oauth-token COMMAND [OPTION]...\n\nCommands:\n";
  for (const Command& command : commands())
    append_entry(out, "  " + std::string(command.name), command.summary, command_column);
  out +=
      "\n\"oauth-token COMMAND --help\" shows the options of a command.\n"
      "\nExamples:\n"
      "  oauth-token password --issuer https://as.example --client-id app\n"
      "  oauth-token token -o header | curl --fail -H @- https://api.example/items\n";
  return out;
}

std::string command_help(const Command& command, bool all) {
  std::string out = "Usage: oauth-token " + std::string(command.name) + " [OPTION]...";
  if (!command.operands.empty()) out += " " + std::string(command.operands);
  out += "\n\n";
  append_entry(out, "", command.summary, 2);
  std::string options;
  for (const Option& option : option_table) {
    if (command.takes(option) && (all || option.has(primary)))
      append_entry(options, left_side(option), meaning(command, option), text_column);
  }
  if (!options.empty()) out += "\nOptions:\n" + options;
  if (!all) {
    out += options.empty() ? "\nOptions" : "More options";
    out += " (all of them explained: --help -v):\n" + name_list(command);
  }
  out += "\nExamples:\n" + std::string(command.examples);
  return out;
}

}  // namespace oauth_token::cli
