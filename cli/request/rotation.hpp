#pragma once

#include "context.hpp"
#include "descriptor.hpp"
#include "new_file.hpp"
#include "options/settings.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <string>

namespace oauth_token::cli {

/// Where a new refresh token goes that the caller keeps. Made before anything is sent, so that what cannot
/// work is known while the old refresh token is still good.
class Rotation {
 public:
  /// `usage` when the caller named no place; `config` when the file could not be replaced.
  static Result<Rotation> prepare(const Settings& settings);

  /// Whether there is a file or a command; else standard output is the place.
  [[nodiscard]] bool has_place() const noexcept { return new_file_.is_made() || !command_.empty(); }

  /// Replaces the file atomically (mode 0600) and runs the command. Blocks. All errors are of class `store`;
  /// the hint says where the refresh token is, if it got somewhere.
  Result<void> deliver(const Secret& refresh_token, std::stop_token stop);

 private:
  Rotation() = default;
  [[nodiscard]] Result<void> replace_file(const Secret& refresh_token);

  std::string file_ = {};
  Descriptor folder_ = Descriptor();
  NewFile new_file_ = {};
  std::string command_ = {};
};

}  // namespace oauth_token::cli
