#include "style.hpp"

#include <cstdlib>

#include <unistd.h>

namespace oauth_token::cli {
namespace {

std::string_view value_of_variable(const char* name) noexcept {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

}  // namespace

bool is_able_terminal(int descriptor) noexcept {
  return isatty(descriptor) != 0 && !value_of_variable("TERM").empty() && value_of_variable("TERM") != "dumb";
}

bool may_colour(int descriptor) noexcept {
  return is_able_terminal(descriptor) && value_of_variable("NO_COLOR").empty();
}

std::string styled(std::string_view word, Style style, bool colour) {
  if (!colour) return std::string(word);
  const std::string_view begin = style == Style::good      ? "\x1b[32m"
                                 : style == Style::warning ? "\x1b[33m"
                                                           : "\x1b[31m";
  return std::string(begin) + std::string(word) + "\x1b[0m";
}

}  // namespace oauth_token::cli
