#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace oauth_token::cli {

/// One user of a list. The password is decoded when the user's turn has come, and no sooner.
struct ListedUser {
  std::size_t index = 0;      ///< among the users of the list, from 0
  std::string username = {};  ///< as far as it could be read
  Secret password = {};
  std::optional<Error> error = {};  ///< what is wrong with the entry; then nothing can be sent
};

/// Reads users from a descriptor, in pieces: comma-separated values whose first line names the columns
/// `username` and `password` (any other is passed over), or, where the first character is "{", one JSON
/// object with these members in each line. An entry takes at most 64 KiB.
class UserList {
 public:
  explicit UserList(int descriptor) : descriptor_(descriptor) {}

  /// The next user that is there; nothing: `read` more, unless it `has_ended`. Class `usage` for what is no
  /// list.
  Result<std::optional<ListedUser>> next();
  /// Reads once; blocks as the descriptor does. Class `usage` when it cannot be read.
  Result<void> read();
  /// What it reads, for poll(2).
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  /// There is nothing more to read.
  [[nodiscard]] bool has_ended() const noexcept { return ended_; }

 private:
  enum class Form { unknown, csv, json };
  Result<bool> find_form();
  Result<bool> take_header();
  Result<std::optional<ListedUser>> next_of_csv();
  Result<std::optional<ListedUser>> next_of_json();
  /// The next user; `problem` goes on "Line 7 ".
  [[nodiscard]] ListedUser entry(const std::string& problem = {});
  void drop(std::size_t size);
  [[nodiscard]] Result<void> check_length() const;

  int descriptor_;
  SecretBuffer input_ = {};
  bool ended_ = false;
  Form form_ = Form::unknown;
  std::size_t username_column_ = 0;
  std::size_t password_column_ = 0;
  std::size_t columns_ = 0;
  std::size_t count_ = 0;
  std::size_t line_ = 1;  ///< the one that `input_` begins with
  std::size_t entry_line_ = 1;
};

}  // namespace oauth_token::cli
