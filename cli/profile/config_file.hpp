#pragma once

#include "descriptor.hpp"

#include <oauth_token/error.hpp>

#include <optional>
#include <string>
#include <utility>

namespace oauth_token::cli {

/// The text of a configuration file; nothing when there is none. Follows links to a regular file, opens it
/// once and checks that descriptor: it must belong to the effective user or root and be writable by nobody
/// else; its folder likewise, unless only owners may remove files there. At most 4 MiB. Errors are of class
/// `config`.
Result<std::optional<std::string>> read_config_file(const std::string& path);

/// A configuration file that is about to be changed, locked against other runs of this program.
class ConfigFile {
 public:
  /// Makes the folder (mode 0700) when it is missing. Waits at most 5 s for another run. `config` on failure.
  static Result<ConfigFile> open_for_editing(const std::string& path);

  /// As read_config_file; empty when there is no file yet.
  [[nodiscard]] Result<std::string> read() const;
  /// Atomically; keeps the file's mode, a new file gets 0600. On failure the old file is as it was.
  [[nodiscard]] Result<void> replace(const std::string& text) const;

 private:
  ConfigFile(std::string target, std::string folder, Descriptor lock)
      : target_(std::move(target)), folder_(std::move(folder)), lock_(std::move(lock)) {}

  std::string target_;  // behind symbolic links
  std::string folder_;
  Descriptor lock_;
};

}  // namespace oauth_token::cli
