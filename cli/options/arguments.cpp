#include "arguments.hpp"

#include "help.hpp"
#include "nearest.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>
#include <cstring>

namespace oauth_token::cli {
namespace {

constexpr std::string_view see_overview = "See \"oauth-token --help\".";

void overwrite(char* text) { explicit_bzero(text, std::strlen(text)); }

std::size_t before_split(std::span<char* const> words) {
  std::size_t count = 0;
  while (count < words.size() && std::string_view(words[count]) != "--") ++count;
  return count;
}

/// Takes argv apart; the command need not be known yet.
class Parser {
 public:
  explicit Parser(std::span<char* const> words)
      : words_(words.first(before_split(words))), behind_(words.subspan(words_.size())) {}

  Result<Arguments> parse() {
    const bool has_child = names_command_with_child(words_);
    if (has_child && behind_.empty() && !asks_for_help(words_)) return no_split();
    while (next_ < words_.size()) {
      const std::string_view word = words_[next_++];
      Result<void> done;
      if (word.size() < 2 || word[0] != '-') {
        operands_.emplace_back(word);
      } else {
        done = word[1] == '-' ? long_option(word.substr(2)) : short_options(word.substr(1));
      }
      if (!done) return fail(std::move(done.error()));
    }
    if (!behind_.empty()) behind_ = behind_.subspan(1);
    if (has_child) {
      found_.child = behind_;
    } else {
      operands_.insert(operands_.end(), behind_.begin(), behind_.end());
    }
    return finish();
  }

 private:
  Result<void> long_option(std::string_view word) {
    const std::size_t equals = word.find('=');
    const auto name = find_option(word.substr(0, equals));
    if (!name) {
      wipe_value(equals);
      return unknown_option(word.substr(0, equals));
    }
    if (equals == std::string_view::npos) return add(*name, std::nullopt);
    return add(*name, word.substr(equals + 1));
  }

  Result<void> short_options(std::string_view letters) {
    while (!letters.empty()) {
      const auto name = find_option(letters[0]);
      if (!name) {
        wipe_value(std::string_view::npos);
        return fail(ErrorClass::usage,
                    "There is no option -" + escape_for_terminal(letters.substr(0, 1)) + ".",
                    see_options(command_so_far()));
      }
      letters.remove_prefix(1);
      if (name->option().stands_alone()) {
        if (auto added = add(*name, std::nullopt); !added) return added;
      } else {
        return add(*name, letters.empty() ? std::nullopt : std::optional(letters));
      }
    }
    return {};
  }

  Result<void> add(OptionName name, std::optional<std::string_view> value) {
    const Option& option = name.option();
    const std::string dashed = "--" + std::string(option.name);
    if (option.stands_alone()) {
      if (value && option.kind == Kind::choice_flag) {
        found_.options.emplace_back(name, *value);
        return {};
      }
      if (value)
        return fail(ErrorClass::usage, dashed + " takes no value.", "Leave out \"=\" and the value.");
      found_.options.emplace_back(name, "true");
      return {};
    }
    if (!value) {
      if (next_ == words_.size()) {
        return fail(ErrorClass::usage, dashed + " needs a value.",
                    "Write " + dashed + " " + std::string(option.value_name) + ".");
      }
      value = words_[next_++];
      if (value->starts_with("--") && find_option(value->substr(2))) {
        return fail(ErrorClass::usage, dashed + " needs a value, and " + std::string(*value) + " follows.",
                    "If that is the value, write " + dashed + "=" + std::string(*value) + ".");
      }
    }
    const auto before = std::find_if(found_.options.begin(), found_.options.end(),
                                     [&](const auto& given) { return given.first.index() == name.index(); });
    if (option.kind == Kind::value && before != found_.options.end())
      return fail(ErrorClass::usage, dashed + " is given twice.", "Give it once.");
    found_.options.emplace_back(name, *value);
    return {};
  }

  /// What was given to an option that does not exist may be a secret ("-p hunter2").
  void wipe_value(std::size_t equals) {
    if (equals != std::string_view::npos) {
      overwrite(words_[next_ - 1] + 2 + equals + 1);
    } else if (next_ < words_.size() && words_[next_][0] != '-') {
      overwrite(words_[next_]);
    }
  }

  /// So may be an argument too many; it is not named either.
  void wipe_operand(const std::string& operand) {
    for (const auto words : {words_, behind_})
      for (char* const word : words)
        if (operand == word) overwrite(word);
  }

  /// Its name stands before the options most often.
  [[nodiscard]] const Command* command_so_far() const {
    const Command* command = operands_.empty() ? nullptr : find_command(operands_[0]);
    if (command == nullptr && operands_.size() > 1) command = find_command(operands_[0] + " " + operands_[1]);
    return command;
  }

  static std::string see_options(const Command* command) {
    return command == nullptr ? std::string(see_overview) : see_help(*command);
  }

  /// Suggests what the command takes.
  [[nodiscard]] Result<void> unknown_option(std::string_view name) const {
    const Command* const command = command_so_far();
    std::vector<std::string_view> names;
    for (const Option& option : option_table) {
      if (command == nullptr ? !option.has(hidden) : command->takes(option)) names.push_back(option.name);
    }
    const std::string hint = did_you_mean("--", nearest(name, names), "");
    return fail(ErrorClass::usage, "There is no option --" + escape_for_terminal(name) + ".",
                hint.empty() ? see_options(command) : hint);
  }

  Result<Arguments> finish() {
    const auto asked = [&](OptionName name) {
      return std::any_of(found_.options.begin(), found_.options.end(),
                         [&](const auto& given) { return given.first.index() == name.index(); });
    };
    found_.help = asked("help");
    found_.version = asked("version");
    found_.all_help = found_.help && asked("verbose");
    // "help profile set", "profile help set"
    const std::size_t at = !operands_.empty() && is_command_group(operands_[0]) ? 1 : 0;
    for (const std::size_t i : {std::size_t{0}, at}) {
      if (found_.help || i >= operands_.size() || operands_[i] != "help") continue;
      operands_.erase(operands_.begin() + static_cast<std::ptrdiff_t>(i));
      found_.help = true;
    }
    if (auto chosen = choose_command(); !chosen) return fail(std::move(chosen.error()));
    if (found_.help || found_.version) return std::move(found_);
    if (found_.command == nullptr) {
      return fail(ErrorClass::usage, "There is no command on the command line.", std::string(see_overview));
    }
    if (auto fits = check_command(); !fits) return fail(std::move(fits.error()));
    return std::move(found_);
  }

  Result<void> choose_command() {
    if (operands_.empty()) return {};
    std::size_t used = 1;
    std::string name = operands_[0];
    if (is_command_group(name)) {
      if (operands_.size() == 1) return choose_group(name);
      name += " " + operands_[used++];
    }
    found_.command = find_command(name);
    if (found_.command == nullptr) {
      std::vector<std::string_view> names;
      for (const Command& command : commands()) names.push_back(command.name);
      const std::string hint = did_you_mean("\"oauth-token ", nearest(name, names), "\"");
      return fail(ErrorClass::usage, "There is no command " + quote_for_terminal(name) + ".",
                  hint.empty() ? std::string(see_overview) : hint);
    }
    found_.operands.assign(operands_.begin() + static_cast<std::ptrdiff_t>(used), operands_.end());
    return {};
  }

  Result<void> choose_group(const std::string& name) {
    found_.group = name;
    if (found_.help || found_.version) return {};
    return fail(ErrorClass::usage, quote_for_terminal("oauth-token " + name) + " is half a command.",
                "See " + quote_for_terminal("oauth-token " + name + " --help") + ".");
  }

  [[nodiscard]] Result<void> check_command() {
    const Command& command = *found_.command;
    const std::string written = "oauth-token " + std::string(command.name);
    for (const auto& [name, value] : found_.options) {
      if (command.takes(name.option())) continue;
      return fail(ErrorClass::usage,
                  quote_for_terminal(written) + " has no option --" + std::string(name.option().name) + ".",
                  "See " + quote_for_terminal(written + " --help") + ".");
    }
    if (command.has_child && found_.child.empty())
      return fail(ErrorClass::usage, "There is no COMMAND behind \"--\".",
                  "Write " + quote_for_terminal(written + " " + std::string(command.operands)) + ".");
    const std::string usage =
        "Write " + quote_for_terminal(written + " " + std::string(command.operands)) + ".";
    if (found_.operands.size() < command.operands_needed)
      return fail(ErrorClass::usage, quote_for_terminal(written) + " needs more arguments.", usage);
    if (found_.operands.size() > command.operands_at_most) {
      for (std::size_t i = command.operands_at_most; i < found_.operands.size(); ++i)
        wipe_operand(found_.operands[i]);
      const std::size_t many = found_.operands.size() - command.operands_at_most;
      return fail(ErrorClass::usage,
                  many == 1 ? "There is one argument too many."
                            : "There are " + std::to_string(many) + " arguments too many.",
                  command.operands.empty() ? quote_for_terminal(written) + " takes none." : usage);
    }
    return {};
  }

  static Result<Arguments> no_split() {
    return fail(ErrorClass::usage, "\"--\" is missing before COMMAND.",
                "Write \"oauth-token exec [SESSION] -- COMMAND...\".");
  }

  static bool asks_for_help(std::span<char* const> words) {
    return std::any_of(words.begin(), words.end(), [](std::string_view word) {
      return word == "--help" || word == "--version" || (word.starts_with("-h") && word.size() <= 3);
    });
  }

  static bool is_command_group(std::string_view name) {
    return !name.empty() && std::any_of(commands().begin(), commands().end(),
                                        [&](const Command& command) { return group_of(command) == name; });
  }

  std::span<char* const> words_;
  std::span<char* const> behind_;  ///< from "--" on
  std::size_t next_ = 0;
  Arguments found_ = {};
  std::vector<std::string> operands_ = {};
};

}  // namespace

bool names_command_with_child(std::span<char* const> words) noexcept {
  const std::size_t count = before_split(words);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view word = words[i];
    if (word.size() < 2 || word[0] != '-') {
      return std::any_of(commands().begin(), commands().end(),
                         [&](const Command& command) { return command.has_child && command.name == word; });
    }
    const auto option = word[1] == '-' ? find_option(word.substr(2)) : find_option(word.back());
    if (option && !option->option().stands_alone()) ++i;  // its value
  }
  return false;
}

Result<Arguments> parse_arguments(std::span<char* const> words) { return Parser(words).parse(); }

}  // namespace oauth_token::cli
