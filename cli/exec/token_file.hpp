#pragma once

#include "descriptor.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <string>
#include <utility>

namespace oauth_token::cli {

/// A file that holds the access token and nothing else, not even a newline, for others to read while it is
/// replaced. Its folder is opened once: nothing depends on what the path means later.
class TokenFile {
 public:
  /// `path` must be absolute. `config` for a folder or a file already there that is not safe to use: another
  /// owner, a link, others may write (the folder) or read (the file).
  static Result<TokenFile> prepare(const std::string& path);
  TokenFile(TokenFile&&) noexcept = default;
  TokenFile& operator=(TokenFile&&) = delete;
  /// Removes the file.
  ~TokenFile() { remove(); }

  /// Atomically, with mode 0600: a reader finds the old token or the new one. Not made durable, since a token
  /// does not outlive a crash of the machine by much. Class `output`.
  Result<void> write(const Secret& token);
  /// Removes the file unless another one has taken its place.
  void remove() noexcept;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  TokenFile(std::string path, std::string name, Descriptor folder)
      : path_(std::move(path)), name_(std::move(name)), folder_(std::move(folder)) {}

  std::string path_;
  std::string name_;
  Descriptor folder_;
  Descriptor written_ = Descriptor();  ///< kept open: the number of a file that is gone goes to another one
};

}  // namespace oauth_token::cli
