#include "doctor/checklist.hpp"

#include "counted.hpp"
#include "terminal/style.hpp"

#include <oauth_token/exit_status.hpp>
#include <oauth_token/json.hpp>
#include <oauth_token/text.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace oauth_token::cli {
namespace {

constexpr std::string_view is_ok = "ok";
constexpr std::string_view is_warning = "warning";
constexpr std::string_view is_failure = "failure";
constexpr std::size_t result_width = 9;
constexpr std::size_t name_width = 15;

std::string padded(std::string_view text, std::size_t width) {
  std::string cell(text);
  cell.resize(std::max(width, text.size() + 1), ' ');
  return cell;
}

Style style_of(std::string_view result) {
  return result == is_ok ? Style::good : result == is_warning ? Style::warning : Style::error;
}

}  // namespace

void Checklist::ok(std::string_view name, std::string message) {
  checks_.push_back({.name = name, .result = is_ok, .message = std::move(message)});
}

void Checklist::warning(std::string_view name, std::string message, std::string hint) {
  checks_.push_back(
      {.name = name, .result = is_warning, .message = std::move(message), .hint = std::move(hint)});
}

void Checklist::failure(std::string_view name, Error error) {
  checks_.push_back({.name = name,
                     .result = is_failure,
                     .message = std::move(error.message),
                     .hint = std::move(error.hint),
                     .error_class = error.error_class});
}

int Checklist::status() const noexcept {
  const auto first = std::find_if(checks_.begin(), checks_.end(),
                                  [](const Finding& check) { return check.error_class.has_value(); });
  return first == checks_.end() ? exit_done : exit_status(*first->error_class);
}

std::size_t Checklist::count(std::string_view result) const noexcept {
  return static_cast<std::size_t>(std::count_if(
      checks_.begin(), checks_.end(), [result](const Finding& check) { return check.result == result; }));
}

std::string Checklist::text(bool colour) const {
  std::string out;
  for (const Finding& check : checks_) {
    // Padded first: colour has no width.
    std::string result = padded(check.result, result_width);
    result.replace(0, check.result.size(), styled(check.result, style_of(check.result), colour));
    out += result + padded(check.name, name_width);
    out += escape_for_terminal(check.message) + "\n";
    if (!check.hint.empty())
      out += std::string(result_width + name_width, ' ') + "-> " + escape_for_terminal(check.hint) + "\n";
  }
  return out;
}

Secret Checklist::json() const {
  json::Writer out;
  out.begin_object().member("result", count(is_failure) > 0   ? is_failure
                                      : count(is_warning) > 0 ? is_warning
                                                              : is_ok);
  out.name("checks").begin_array();
  for (const Finding& check : checks_) {
    out.begin_object().member("name", check.name).member("result", check.result);
    if (check.error_class) out.member("class", to_string(*check.error_class));
    out.member("message", check.message).optional_member("hint", check.hint).end_object();
  }
  out.end_array().end_object();
  return out.take();
}

std::string Checklist::summary() const {
  std::string words;
  if (const std::size_t failures = count(is_failure); failures > 0) words = counted(failures, "failure");
  if (const std::size_t warnings = count(is_warning); warnings > 0)
    words += (words.empty() ? "" : ", ") + counted(warnings, "warning");
  return words;
}

void Examination::failed(std::string_view name, Error error) {
  if (error.error_class == ErrorClass::interrupted && !context.stop().stop_requested())
    error = {.error_class = ErrorClass::timeout,
             .message = "This could not be checked in the time given.",
             .hint = "Allow more with --timeout SECONDS."};
  list.failure(name, std::move(error));
}

std::chrono::milliseconds Examination::time_left() const {
  const auto left =
      std::chrono::floor<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(1));
}

}  // namespace oauth_token::cli
