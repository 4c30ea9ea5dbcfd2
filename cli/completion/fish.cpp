#include "completion/script.hpp"
#include "completion/values.hpp"

namespace oauth_token::cli {
namespace {

constexpr std::string_view fish_beginning =
    R"sh(# fish completion of oauth-token, printed by "oauth-token completion fish"

# The operands on the command line, up to the word that is being completed.
function __oauth_token_operands
    set -l skip 0
    set -l behind 0
    for word in (commandline -opc)[2..]
        if test $skip = 1
            set skip 0
        else if test $behind = 1
            echo -- $word
        else
            switch $word
                case --
                    set behind 1
)sh";

constexpr std::string_view functions = R"sh(                    set skip 1
                case '-?*'
                case '*'
                    echo -- $word
            end
        end
    end
end

# "help" may stand before them.
function __oauth_token_operands_of_command
    set -l operands (__oauth_token_operands)
    test "$operands[1]" = help; and set -e operands[1]
    string join \n -- $operands
end

# Whether the operands begin with one of the commands: __oauth_token_runs password 'profile set'
function __oauth_token_runs
    set -l operands (__oauth_token_operands_of_command)
    contains -- "$operands[1]" $argv; or contains -- "$operands[1..2]" $argv
end

# Whether the operands are COMMAND and COUNT more: __oauth_token_at COUNT COMMAND
function __oauth_token_at
    set -l words (string split -n ' ' -- "$argv[2]")
    set -l operands (__oauth_token_operands_of_command)
    test (count $operands) = (math $argv[1] + (count $words)); or return 1
    test -z "$argv[2]"; or test "$operands[1..$(count $words)]" = "$argv[2]"
end

function __oauth_token_behind
    contains -- -- (commandline -opc)
end

function __oauth_token_names
    set -l lines (command oauth-token $argv -o text --quiet --no-input </dev/null 2>/dev/null)
    string match -r -- '^[A-Za-z0-9._@+-]+(?= |$)' $lines[2..]
end

# What could follow in the command behind "--".
function __oauth_token_child
    set -l words (commandline -opc)
    set -l split (contains -i -- -- $words)
    complete -C (string join ' ' -- (string escape -- $words[(math $split + 1)..]) (commandline -ct))
end

complete -c oauth-token -f
complete -c oauth-token -n '__oauth_token_runs exec; and __oauth_token_behind' -xa '(__oauth_token_child)'
)sh";

std::string fish_escaped(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '\'' || letter == '\\') out += '\\';
    out += letter;
  }
  return out;
}

/// What -a takes, in quotes; empty: nothing is known.
std::string candidates(const Values& values) {
  switch (values.kind) {
    case Values::Kind::words:
    case Values::Kind::stores:
      return "'" + values.words + "'";
    case Values::Kind::programs:
      return "'(__fish_complete_command)'";
    case Values::Kind::profiles:
      return "'(__oauth_token_names profile list)'";
    case Values::Kind::sessions:
      return "'(__oauth_token_names list)'";
    case Values::Kind::free:
    case Values::Kind::files:
      break;
  }
  return "";
}

std::string fish_options_with_value() {
  std::string text = "                case";
  for (const Option& option : option_table) {
    if (option.stands_alone() || option.has(hidden)) continue;
    if (option.letter != 0) text += std::string(" -") + option.letter;
    text += " --" + std::string(option.name);
  }
  return text + "\n";
}

std::string option_line(const Option& option, const Values& values, const std::string& condition) {
  std::string text = "complete -c oauth-token" + condition;
  if (option.letter != 0) text += std::string(" -s ") + option.letter;
  text += " -l " + std::string(option.name);
  const std::string known = candidates(values);
  if (values.kind == Values::Kind::files)
    text += " -rF";
  else if (option.kind == Kind::choice_flag)
    text += " -fa " + known;
  else if (option.kind != Kind::flag)
    text += known.empty() ? " -x" : " -xa " + known;
  return text + " -d '" + fish_escaped(option.help) + "'\n";
}

std::string quoted(std::string_view name) {
  return name.find(' ') == std::string_view::npos ? std::string(name) : "\"" + std::string(name) + "\"";
}

/// One line where all commands that take it take the same values.
std::string lines_of(const Option& option) {
  if (option.has(hidden)) return "";
  if (option.group == Group::common) return option_line(option, values_of(option, Command{}), "");
  std::string text;
  std::vector<std::string> done;
  for (const Command& first : commands()) {
    if (!first.takes(option)) continue;
    const Values values = values_of(option, first);
    bool seen = false;
    for (const std::string& words : done) seen = seen || words == values.words;
    if (seen) continue;
    done.push_back(values.words);
    std::string condition = " -n 'not __oauth_token_behind; and __oauth_token_runs";
    for (const Command& command : commands())
      if (command.takes(option) && values_of(option, command).words == values.words)
        condition += " " + quoted(command.name);
    text += option_line(option, values, condition + "'");
  }
  return text;
}

std::string word_line(std::string_view group, std::string_view word, std::string_view meaning) {
  return "complete -c oauth-token -n '__oauth_token_at 0 \"" + std::string(group) + "\"' -a " +
         std::string(word) + " -d '" + fish_escaped(meaning) + "'\n";
}

std::string lines_of(const Command& command) {
  std::string text = word_line(group_of(command), name_in_group(command), command.summary);
  std::size_t count = 0;
  for (const Operand& operand : operands_of(command)) {
    const std::string known = candidates(operand.values);
    if (!known.empty())
      text += "complete -c oauth-token -n 'not __oauth_token_behind; and __oauth_token_at " +
              std::to_string(count) + " \"" + std::string(command.name) + "\"' -a " + known + "\n";
    ++count;
  }
  return text;
}

}  // namespace

std::string fish_completion() {
  std::string text(fish_beginning);
  text += fish_options_with_value();
  text += functions;
  for (const std::string_view group : command_groups()) text += word_line("", group, group_summary(group));
  for (const Command& command : commands()) text += lines_of(command);
  for (const Option& option : option_table) text += lines_of(option);
  return text;
}

}  // namespace oauth_token::cli
