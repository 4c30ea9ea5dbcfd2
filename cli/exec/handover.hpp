#pragma once

#include "descriptor.hpp"
#include "options/settings.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/token.hpp>

#include <optional>
#include <string>
#include <vector>

namespace oauth_token::cli {

/// How COMMAND wants the token, as the options say.
struct HandoverWishes {
  std::string variable = {};  ///< holds the token; empty: none
  std::optional<int> token_descriptor = {};
  std::optional<int> header_descriptor = {};
  std::string file = {};  ///< --refresh-file, which ACCESS_TOKEN_FILE names; empty: none
};

/// `usage` for a name that no variable can have, and for a descriptor that is in use.
Result<HandoverWishes> handover_wishes(const Settings& settings);

/// The token as COMMAND gets it: its environment, and files in memory for its descriptors. Not pipes, which
/// hold 64 KiB and have nobody to fill them once this process has become COMMAND; and /dev/fd/N can be opened
/// more than once. The files are sealed: nobody can change them any more.
class Handover {
 public:
  /// `protocol` for a token that does not fit a header or variable, `output` for one that is too long for a
  /// variable, or where the system has no descriptor to spare.
  static Result<Handover> prepare(const HandoverWishes& wishes, const Token& token);

  /// For execve(2); ends with a null pointer.
  [[nodiscard]] char** environment() noexcept { return environment_.data(); }

  /// `file` is to become descriptor `number` of COMMAND. No file has the number of another.
  struct Passed {
    Descriptor file;
    int number;
  };
  [[nodiscard]] const std::vector<Passed>& descriptors() const noexcept { return descriptors_; }

 private:
  Handover() = default;
  Result<void> add_variable(const std::string& name, const Secret& token);
  Result<void> add_descriptor(int number, std::string_view text);
  void drop(const std::string& name);

  SecretBuffer variable_ = {};
  SecretBuffer file_variable_ = {};  ///< no secret, but it stays in place when it is moved
  std::vector<char*> environment_ = {};
  int highest_ = 0;  ///< of the numbers that are asked for
  std::vector<Passed> descriptors_ = {};
};

}  // namespace oauth_token::cli
