#include "value_check.hpp"

#include "base/characters.hpp"
#include "base/sentence.hpp"
#include "nearest.hpp"

#include <oauth_token/client_authentication.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/signing_key.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>

#include <unistd.h>

namespace oauth_token::cli {
namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) noexcept {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::optional<std::string> absolute_path(std::string_view path, const std::string& folder) {
  if (path.starts_with('/')) return std::string(path);
  if (!folder.empty() && path.starts_with("~/")) {
    const char* const home = std::getenv("HOME");
    if (home == nullptr || *home != '/') return std::nullopt;
    return home + std::string(path.substr(1));
  }
  if (!folder.empty()) return folder + "/" + std::string(path);
  char* const working = getcwd(nullptr, 0);
  if (working == nullptr) return std::nullopt;
  std::string absolute = working + ("/" + std::string(path));
  std::free(working);
  return absolute;
}

/// The message of what is wrong with the value; empty: nothing.
std::string complaint(const Option& option, std::string_view value) {
  switch (option.check) {
    case Check::any:
    case Check::session:  // see check_value
    case Check::choice:
    case Check::store:
      return "";
    case Check::filled:
      return value.empty() ? "must not be empty" : "";
    case Check::text:
    case Check::path:
    case Check::key:
    case Check::words:
      if (value.empty()) return "must not be empty";
      return has_control_character(value) ? "must not hold a control character" : "";
    case Check::seconds:
      return parse_seconds(value) ? "" : "must be a number of seconds above 0, at most 86400";
    case Check::lifetime: {
      const auto number = parse_number<std::uint32_t>(value);
      return number && *number >= 1 && std::chrono::seconds(*number) <= AssertionOptions::longest_lifetime
                 ? ""
                 : "must be a whole number of seconds, 1 to 300";
    }
    case Check::number: {
      const auto number = parse_number<std::uint32_t>(value);
      return number && *number < (1U << 20U) ? "" : "must be the number of an open descriptor";
    }
    case Check::jobs: {
      const auto number = parse_number<std::uint32_t>(value);
      return number && *number >= 1 && *number <= 128 ? "" : "must be a number from 1 to 128";
    }
    case Check::rate:
      return parse_seconds(value) ? "" : "must be a number above 0, at most 86400";
  }
  return "";
}

}  // namespace

bool is_choice(std::string_view choices, std::string_view value) {
  const auto words = split_choices(choices);
  return std::find(words.begin(), words.end(), value) != words.end();
}

Error no_such_choice(std::string_view value, std::string_view choices, const std::string& where,
                     ErrorClass error_class) {
  const bool is_one = choices.find('|') == std::string_view::npos;
  return {
      .error_class = error_class,
      .message = where + (is_one ? " must be " : " must be one of ") + with_separator(choices, ", ") + ".",
      .hint = did_you_mean(nearest_choice(value, choices), "")};
}

Result<void> check_store(std::string_view store, std::string_view choices, const std::string& where,
                         ErrorClass error_class) {
  if (has_control_character(store)) return fail(error_class, where + " must not hold a control character.");
  if (is_choice(choices, store) || store.starts_with("file:/")) return {};
  Error error = no_such_choice(store, choices, where, error_class);
  insert_before_full_stop(error.message, " or file:FOLDER (an absolute path)");
  return fail(std::move(error));
}

std::optional<int> parse_whole_number(std::string_view text) noexcept { return parse_number<int>(text); }

std::optional<std::chrono::milliseconds> parse_seconds(std::string_view text) noexcept {
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view decimals = text.substr(std::min(point + 1, text.size()));
  const auto whole = parse_number<std::uint32_t>(text.substr(0, point));
  if (!whole || *whole > 86'400 || decimals.size() > 3 || (point < text.size() && decimals.empty()))
    return std::nullopt;
  std::uint32_t thousandths = 0;
  if (!decimals.empty()) {
    const auto part = parse_number<std::uint32_t>(decimals);
    if (!part) return std::nullopt;
    thousandths = *part * (decimals.size() == 1 ? 100U : decimals.size() == 2 ? 10U : 1U);
  }
  const std::chrono::milliseconds time{std::int64_t{*whole} * 1000 + thousandths};
  if (time.count() == 0 || time > std::chrono::hours(24)) return std::nullopt;
  return time;
}

std::chrono::nanoseconds pause_of_rate(std::string_view text) noexcept {
  const auto thousandths = parse_seconds(text);
  return thousandths ? std::chrono::nanoseconds(1'000'000'000'000 / thousandths->count())
                     : std::chrono::nanoseconds(0);
}

std::optional<std::string> parse_truth(std::string_view text) {
  if (text == "1" || text == "true" || text == "yes" || text == "on") return "true";
  if (text == "0" || text == "false" || text == "no" || text == "off") return "false";
  return std::nullopt;
}

Result<std::vector<std::string>> check_value(const Option& option, std::string_view value,
                                             const std::string& where, const std::string& folder,
                                             ErrorClass error_class) {
  if (option.kind == Kind::flag) {
    if (auto truth = parse_truth(value)) return std::vector<std::string>{std::move(*truth)};
    return fail(error_class, where + " must be true or false.");
  }
  if (option.kind == Kind::choice_flag && parse_truth(value) == "true")
    return std::vector<std::string>{
        std::string(option.choices.view().substr(0, option.choices.view().find('|')))};
  if (const std::string wrong = complaint(option, value); !wrong.empty())
    return fail(error_class, where + " " + wrong + ".");
  if (option.check == Check::choice && !is_choice(option.choices, value))
    return fail(no_such_choice(value, option.choices, where, error_class));
  if (option.check == Check::store) {
    if (auto fits = check_store(value, option.choices, where, error_class); !fits)
      return fail(std::move(fits.error()));
  }
  if (option.check == Check::session) {
    if (auto fits = check_session_name(value); !fits)
      return fail(error_class, where + ": " + fits.error().message, std::move(fits.error().hint));
  }
  if (option.check == Check::key) {
    if (auto allowed = check_key_location(value, where); !allowed)
      return fail(error_class, std::move(allowed.error().message), std::move(allowed.error().hint));
  }
  if (option.check == Check::words) return split_words(value);
  const bool is_path = option.check == Check::path || (option.check == Check::key && !is_key_in_token(value));
  if (!is_path) return std::vector<std::string>{std::string(value)};
  if (value == "-") {
    return fail(error_class, where + " must be a file, not \"-\".",
                "For standard input there are options whose names end in -stdin.");
  }
  auto path = absolute_path(value, folder);
  if (!path)
    return fail(error_class, where + " is a relative path, and the folder that it starts from is not known.");
  return std::vector<std::string>{std::move(*path)};
}

}  // namespace oauth_token::cli
