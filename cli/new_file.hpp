#pragma once

#include "descriptor.hpp"

#include <string>
#include <string_view>

#include <sys/types.h>

namespace oauth_token::cli {

/// A file that is to take the place of another one as a whole, or of none; removed again unless it has. All
/// is done in a folder that was opened once: nothing depends on what its path means later. Where an int is
/// returned, it is 0 or the number of the error.
class NewFile {
 public:
  /// Becomes a hidden file in `folder`, which must stay open; mode 0600 whatever umask says.
  int make(int folder, const std::string& name, mode_t mode = 0600);
  NewFile() noexcept = default;
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  [[nodiscard]] bool is_made() const noexcept { return static_cast<bool>(file_); }
  /// Space for so many bytes, so that a full disk is known before they are there; where the file system can.
  [[nodiscard]] int reserve(off_t size) const noexcept;
  /// The whole contents; what was reserved beyond them is given back.
  [[nodiscard]] int write(std::string_view bytes) noexcept;
  /// From here on what was written is durable when it is in its place.
  [[nodiscard]] int sync() const noexcept;
  /// Takes the place of `name`. The descriptor is the caller's.
  int put_in_place(Descriptor& file) noexcept;

 private:
  int folder_ = -1;
  std::string name_ = {};
  std::string temporary_ = {};
  Descriptor file_ = Descriptor();
};

/// Makes durable what happened to the names in `folder`, as far as the system lets us.
void sync_names(int folder) noexcept;

}  // namespace oauth_token::cli
