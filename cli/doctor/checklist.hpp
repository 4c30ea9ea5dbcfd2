#pragma once

#include "context.hpp"
#include "options/settings.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token::cli {

/// What was looked at, and what to do about it.
struct Finding {
  std::string_view name = {};  ///< "tls"; there may be several of one name
  std::string_view result = {};
  std::string message = {};
  std::string hint = {};
  std::optional<ErrorClass> error_class = {};  ///< of a failure
};

/// The findings, in the order in which they were made.
class Checklist {
 public:
  void ok(std::string_view name, std::string message);
  void warning(std::string_view name, std::string message, std::string hint);
  void failure(std::string_view name, Error error);

  /// 0, or the exit status of the first failure.
  [[nodiscard]] int status() const noexcept;
  /// One line for each check and one for its hint, fit for a terminal.
  [[nodiscard]] std::string text(bool colour) const;
  /// One object: `result` (the worst), `checks`.
  [[nodiscard]] Secret json() const;
  /// "1 failure, 2 warnings"; empty: all is well.
  [[nodiscard]] std::string summary() const;

 private:
  [[nodiscard]] std::size_t count(std::string_view result) const noexcept;
  std::vector<Finding> checks_ = {};
};

/// One run of doctor: what the checks share.
struct Examination {
  Context& context;
  const Settings& settings;
  std::chrono::steady_clock::time_point deadline;
  std::stop_token stop;  ///< requested by a signal, and at the deadline
  Checklist list = {};

  /// A failure, but for what only the deadline cut short.
  void failed(std::string_view name, Error error);
  [[nodiscard]] std::chrono::milliseconds time_left() const;
};

}  // namespace oauth_token::cli
