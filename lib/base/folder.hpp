#pragma once

#include "base/waiting.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token {

/// What the system refused to do in a folder of ours, from errno: class `store`, reason "full" or "denied"
/// where it is that, and what to do about it.
tl::unexpected<Error> storage_failure(const std::string& what, const std::string& place, int number = errno);

/// A folder whose files are ours alone, opened once as a descriptor: nothing depends on what its path means
/// later, on links or on umask. Errors: `config` for what is not safe to use (another owner, others may write
/// or, for files, read; a link; root in another user's home), `store` for what the system refuses.
class Folder {
 public:
  /// `path` must be absolute. It and missing parents are made with mode 0700.
  static Result<Folder> open(const std::string& path);
  /// A folder inside, made with mode 0700 when it is missing.
  [[nodiscard]] Result<Folder> inside(const std::string& name) const;
  /// The same two, but nothing is made: nothing where it is missing.
  static Result<std::optional<Folder>> find(const std::string& path);
  [[nodiscard]] Result<std::optional<Folder>> find_inside(const std::string& name) const;

  /// The whole file; nothing when there is none. More than `limit` bytes are an error.
  [[nodiscard]] Result<std::optional<Secret>> read(const std::string& name, std::size_t limit) const;
  /// Atomically: a new file beside it with mode 0600, fsync, rename, fsync of the folder.
  [[nodiscard]] Result<void> replace(const std::string& name, std::string_view contents) const;
  /// Success also when there was none. Durable when it returns.
  [[nodiscard]] Result<void> remove(const std::string& name) const;
  /// All names but hidden ones, in alphabetical order. Removes temporary files that a crash left an hour ago.
  [[nodiscard]] Result<std::vector<std::string>> names() const;
  /// Opens a file of the folder for reading and writing and checks it; made with mode 0600 when `create`. An
  /// empty descriptor when there is none.
  [[nodiscard]] Result<Descriptor> open_file(const std::string& name, bool create) const;
  /// Whether the open file is the one that `name` stands for now.
  [[nodiscard]] bool is_current(const Descriptor& file, const std::string& name) const noexcept;
  /// As `remove`, but not durable, and without a word about failure: for what may as well stay.
  void discard(const std::string& name) const noexcept;
  /// Within the folder; the old name's file takes the new one's place.
  [[nodiscard]] Result<void> rename(const std::string& from, const std::string& to) const;
  /// Whether a file could be written here, as far as rights and free space tell; writes nothing.
  [[nodiscard]] Result<void> probe() const;
  /// Makes what happened to names durable.
  [[nodiscard]] Result<void> sync() const;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  static Result<std::optional<Folder>> reach(const std::string& path, bool may_make);
  [[nodiscard]] Result<std::optional<Folder>> reach_inside(const std::string& name, bool may_make) const;
  Folder(std::string path, Descriptor descriptor)
      : path_(std::move(path)), descriptor_(std::move(descriptor)) {}
  [[nodiscard]] std::string place(const std::string& name) const { return path_ + "/" + name; }

  std::string path_;
  Descriptor descriptor_;
};

}  // namespace oauth_token
