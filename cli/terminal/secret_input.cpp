#include "secret_input.hpp"

#include "byte_order_mark.hpp"
#include "options/options.hpp"
#include "progress.hpp"
#include "safe_place.hpp"

#include <oauth_token/text.hpp>

#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

namespace oauth_token::cli {
namespace {

enum class Level { flags, variables, profile };

struct NamedPlace {
  SecretPlace place;
  std::string name;  // as the user wrote it, for messages
};

// "--password-file", "OAUTH_TOKEN_PASSWORD_FILE" or "password-file in the profile".
std::string name_on(Level level, const std::string& option) {
  if (level == Level::flags) return "--" + option;
  if (level == Level::profile) return option + " in the profile";
  return variable_name(option);
}

std::vector<NamedPlace> places_on(Level level, const SecretPlaces& given, const std::string& option) {
  std::vector<NamedPlace> places;
  const auto add = [&](SecretPlace place, const std::string& name) {
    places.push_back({std::move(place), name_on(level, name)});
  };
  if (given.standard_input) add(FromStandardInput{}, option + "-stdin");
  if (given.descriptor) add(FromDescriptor{*given.descriptor}, option + "-fd");
  if (given.file) add(SecretFile{*given.file}, option + "-file");
  if (given.command) add(SecretCommand{*given.command}, option + "-command");
  if (given.value_given) add(FromVariable{}, option);
  // Who asks is set once for a whole desktop; it stands for the prompt, and so behind every place with an
  // answer.
  if (given.askpass && (level == Level::flags || places.empty())) add(FromAskpass{*given.askpass}, "askpass");
  return places;
}

Result<NamedPlace> choose(const SecretInput& input) {
  const std::pair<Level, const SecretPlaces&> levels[] = {
      {Level::flags, input.flags}, {Level::variables, input.variables}, {Level::profile, input.profile}};
  for (const auto& [level, given] : levels) {
    auto places = places_on(level, given, input.kind.option);
    if (places.size() > 1)
      return fail(level == Level::flags ? ErrorClass::usage : ErrorClass::config,
                  "Both " + places[0].name + " and " + places[1].name + " say where the " + input.kind.what +
                      " comes from.",
                  "Give only one of them.");
    if (!places.empty()) return std::move(places.front());
  }
  return NamedPlace{};
}

bool is_standard_input(const SecretPlace& place) noexcept {
  const auto* const descriptor = std::get_if<FromDescriptor>(&place);
  return std::holds_alternative<FromStandardInput>(place) ||
         (descriptor != nullptr && descriptor->descriptor == 0);
}

// Echo is off at the prompt alone.
bool would_be_shown(const SecretPlace& place, int standard_input) noexcept {
  const auto* const from = std::get_if<FromDescriptor>(&place);
  if (from != nullptr && from->descriptor != 0) return isatty(from->descriptor) != 0;
  return is_standard_input(place) && isatty(standard_input) != 0;
}

Secret take_value(SecretInput& input) noexcept {
  for (SecretPlaces* given : {&input.flags, &input.variables, &input.profile})
    if (given->value_given) return std::move(given->value);
  return {};
}

tl::unexpected<Error> nobody_to_ask(const SecretKind& kind) {
  return fail(ErrorClass::usage, "No " + kind.what + " was given, and --no-input forbids asking for it.",
              "Use " + kind.alternatives + ".");
}

Result<Secret> ask_person(const SecretKind& kind, const Question& question, const SecretReading& reading) {
  if (!reading.ask) return nobody_to_ask(kind);
  auto answer = reading.ask(question);
  if (!answer && answer.error().hint.empty() && answer.error().error_class == ErrorClass::usage)
    answer.error().hint = "Use " + kind.alternatives + ".";
  return answer;
}

struct SecretReader {
  SecretInput& input;
  const Question& question;
  const SecretReading& reading;

  Result<Secret> operator()(std::monostate) const { return ask_person(input.kind, question, reading); }
  Result<Secret> operator()(FromStandardInput) const {
    return read_secret_descriptor(reading.standard_input, reading.stop);
  }
  Result<Secret> operator()(FromDescriptor from) const {
    return read_secret_descriptor(from.descriptor, reading.stop);
  }
  Result<Secret> operator()(const SecretFile& from) const {
    if (reading.warn && others_may_read(from.path))
      reading.warn("The file \"" + from.path + "\" holds the " + input.kind.what +
                   ", and other users can read it: chmod 600 mends that.");
    return read_secret_file(from.path, reading.stop);
  }
  Result<Secret> operator()(const SecretCommand& from) const {
    return read_secret_command(from.command, reading.stop);
  }
  Result<Secret> operator()(FromVariable) const { return take_value(input); }
  Result<Secret> operator()(const FromAskpass& from) const {
    if (!reading.ask) return nobody_to_ask(input.kind);
    return read_secret_askpass(from.program, escape_for_terminal(question.text), reading.stop);
  }
};

}  // namespace

SecretKind password_kind() {
  return {.what = "password",
          .option = "password",
          .alternatives =
              "--password-stdin, --password-fd, --password-file, --password-command, --askpass or the "
              "variable OAUTH_TOKEN_PASSWORD"};
}

SecretKind client_secret_kind() {
  return {.what = "client secret",
          .option = "client-secret",
          .alternatives =
              "--client-secret-file, --client-secret-command or the variable OAUTH_TOKEN_CLIENT_SECRET"};
}

SecretKind refresh_token_kind() {
  return {.what = "refresh token",
          .option = "refresh-token",
          .alternatives =
              "--refresh-token-stdin, --refresh-token-fd, --refresh-token-file, "
              "--refresh-token-command or the variable OAUTH_TOKEN_REFRESH_TOKEN",
          .instead_of_typing = "Let a file, a pipe or a command give it."};
}

SecretKind passphrase_kind(const std::string& option) {
  return {.what = "passphrase",
          .option = option,
          .alternatives =
              "--" + option + "-file, --" + option + "-command or the variable " + variable_name(option)};
}

SecretKind prompt_param_kind(const std::string& name) {
  return {.what = "parameter " + quote_for_terminal(name),
          .option = "prompt-param",
          .alternatives = "--param-file " + escape_for_terminal(name) + "=FILE"};
}

Result<SecretPlace> choose_place(const SecretInput& input) {
  auto chosen = choose(input);
  if (!chosen) return fail(std::move(chosen.error()));
  return std::move(chosen->place);
}

SecretSource as_source(const SecretPlace& place) {
  if (const auto* file = std::get_if<SecretFile>(&place)) return *file;
  if (const auto* command = std::get_if<SecretCommand>(&place)) return *command;
  return {};
}

Result<void> check_standard_input(std::initializer_list<const SecretInput*> inputs) {
  std::string first;
  for (const SecretInput* input : inputs) {
    auto chosen = choose(*input);
    if (!chosen) return fail(std::move(chosen.error()));
    if (!is_standard_input(chosen->place)) continue;
    if (!first.empty())
      return fail(ErrorClass::usage, "Both " + first + " and " + chosen->name + " would read standard input.",
                  "Let one of them come from a file or from another descriptor.");
    first = chosen->name;
  }
  return {};
}

Result<bool> is_asked_for(const SecretInput& input, int standard_input) {
  const auto chosen = choose(input);
  if (!chosen) return fail(chosen.error());
  return std::holds_alternative<std::monostate>(chosen->place) ||
         would_be_shown(chosen->place, standard_input);
}

Result<Secret> read_secret(SecretInput& input, const Question& question, const SecretReading& reading) {
  auto chosen = choose(input);
  if (!chosen) return fail(std::move(chosen.error()));
  if (would_be_shown(chosen->place, reading.standard_input)) {
    if (!input.kind.instead_of_typing.empty())
      return fail(ErrorClass::usage, chosen->name + ": the terminal would show the " + input.kind.what + ".",
                  input.kind.instead_of_typing);
    chosen->place = std::monostate();
  }
  const bool asked = std::holds_alternative<std::monostate>(chosen->place);
  auto secret = [&] {
    const Pause whoever_gives_it;
    return std::visit(SecretReader{input, question, reading}, chosen->place);
  }();
  if (!secret && std::holds_alternative<SecretCommand>(chosen->place))
    secret.error().message = chosen->name + ": " + secret.error().message;
  if (!secret) return secret;
  if (secret->empty() && !asked)
    return fail(ErrorClass::usage, "The " + input.kind.what + " from " + chosen->name + " is empty.");
  if (reading.warn && !is_utf8(secret->expose()))
    reading.warn("The " + input.kind.what +
                 " is not UTF-8; it is sent as the bytes it is, which servers often refuse.");
  if (reading.warn && !asked && secret->expose().starts_with(byte_order_mark))
    reading.warn("The " + input.kind.what +
                 " begins with a byte order mark (U+FEFF), as some editors write it; it is sent, too.");
  return secret;
}

}  // namespace oauth_token::cli
