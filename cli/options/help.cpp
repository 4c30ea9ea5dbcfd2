#include "help.hpp"

#include "base/characters.hpp"
#include "options.hpp"

#include <vector>

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

std::string meaning(const Command& command, const Option& option, bool all) {
  const std::string help(option.help);
  if (option.name == "output") return help + " " + with_separator(command.forms, ", ");
  const bool says_choices =
      option.kind == Kind::value && option.check == Check::choice && option.value_name != option.choices;
  return all && says_choices ? help + ": " + with_separator(option.choices, ", ") : help;
}

/// A session knows these of itself: they are for who wants to be sure, or keeps the refresh token elsewhere.
bool is_known_to_session(const Command& command, const Option& option) {
  constexpr unsigned known = static_cast<unsigned>(Group::server) | static_cast<unsigned>(Group::client) |
                             static_cast<unsigned>(Group::grant) | static_cast<unsigned>(Group::identity);
  return command.basis == Basis::session && (known & static_cast<unsigned>(option.group)) != 0;
}

bool is_in_short_help(const Command& command, const Option& option) {
  // What assertions are made with is what that command is about.
  if (command.run == run_assertion && option.alternative == Alternative::client_assertion) return true;
  // An answer of errors alone is for scripts.
  if (option.name == "output" && command.forms.view().starts_with("none")) return false;
  return option.has(primary) && !is_known_to_session(command, option);
}

std::string capitalized(std::string_view sentence) {
  std::string text(sentence);
  text[0] = upper(text[0]);
  return text + ".";
}

/// "oauth-token profile --help": what every command's help has, of its commands.
std::string group_help(std::string_view group) {
  const std::string name = "oauth-token " + std::string(group);
  std::string out = "Usage: " + name + " COMMAND [OPTION]...\n\nCommands:\n";
  std::string examples;
  for (const Command& command : commands()) {
    if (group_of(command) != group) continue;
    append_entry(out, "  " + std::string(name_in_group(command)), command.summary, command_column);
    // One of each command, or all of the only one.
    examples += group_commands(group).size() == 1
                    ? std::string(command.examples)
                    : std::string(command.examples.view().substr(0, command.examples.view().find('\n') + 1));
  }
  return out + "\n\"" + name + " COMMAND --help\" shows the options of a command.\n\nExamples:\n" + examples;
}

}  // namespace

std::string overview(std::string_view group) {
  if (!group.empty()) return group_help(group);
  std::string out =
      "Usage: oauth-token COMMAND [OPTION]...\n"
      "Exchange a user name and password for an OAuth 2.0 token; keep the session.\n\n"
      "Commands:\n";
  std::string_view last_group;
  for (const Command& command : commands()) {
    const std::string_view of = group_of(command);
    if (!of.empty() && of == last_group) continue;
    last_group = of;
    const std::vector<const Command*> together = group_commands(of);
    std::string name(command.name);
    std::string summary(command.summary);
    if (together.size() > 1) {
      name = of;
      summary.clear();
      for (const Command* each : together)
        summary += (summary.empty() ? "" : ", ") + std::string(name_in_group(*each));
      summary += ": " + std::string(group_summary(of));
    }
    append_entry(out, "  " + name, summary, command_column);
  }
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
  out += "\n" + capitalized(command.summary) + "\n";
  std::string options;
  std::size_t count = 0;
  for (const Option& option : option_table) {
    if (!command.takes(option)) continue;
    ++count;
    if (all || is_in_short_help(command, option))
      append_entry(options, left_side(option), meaning(command, option, all), text_column);
  }
  if (options.empty())
    out += "\nOptions (all " + std::to_string(count) + " of them: --help -v): none that it needs.\n";
  else
    out += all ? "\nOptions:\n" : "\nOptions (all " + std::to_string(count) + " of them: --help -v):\n";
  return out + options + "\nExamples:\n" + std::string(command.examples);
}

std::string see_help(const Command& command) {
  return "See \"oauth-token " + std::string(command.name) + " --help -v\".";
}

Error with_help(Error error, const Command& command) {
  if (error.hint.empty()) error.hint = see_help(command);
  return error;
}

}  // namespace oauth_token::cli
