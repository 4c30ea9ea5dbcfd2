#include "token_file.hpp"

#include "base/ownership.hpp"
#include "new_file.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

constexpr const char* own_folder = "Choose a file in a folder of your own, such as $XDG_RUNTIME_DIR.";

tl::unexpected<Error> refused(const std::string& what, const std::string& place, int number) {
  return fail(ErrorClass::config, what + " " + place + ": " + std::strerror(number) + ".", own_folder);
}

Result<void> check_folder(int folder, const std::string& place) {
  struct stat status {};
  if (fstat(folder, &status) != 0) return refused("Cannot look at", place, errno);
  return check_own_folder(status, place, own_folder);
}

/// What is there already is replaced, and removed at the end: it must look like one of ours.
Result<void> check_old_file(int folder, const std::string& name, const std::string& place) {
  struct stat status {};
  if (fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? Result<void>() : refused("Cannot look at", place, errno);
  return check_own_file(status, place, "Choose another file.");
}

}  // namespace

Result<TokenFile> TokenFile::prepare(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  std::string name = path.substr(slash + 1);
  const std::string place = slash == 0 ? "/" : path.substr(0, slash);
  if (name.empty() || name == "." || name == "..")
    return fail(ErrorClass::usage, "--refresh-file " + path + " names a folder.", "Name a file in it.");
  Descriptor folder(open(place.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder && (errno == ELOOP || errno == ENOTDIR))
    return unsafe_to_use(place, "it is a link or no folder", own_folder);
  if (!folder) return refused("Cannot open the folder", place, errno);
  if (auto safe = check_folder(folder.get(), place); !safe) return fail(std::move(safe.error()));
  if (auto safe = check_old_file(folder.get(), name, path); !safe) return fail(std::move(safe.error()));
  return TokenFile(path, std::move(name), std::move(folder));
}

Result<void> TokenFile::write(const Secret& token) {
  NewFile file;
  int error = file.make(folder_.get(), name_);
  if (error == 0) error = file.write(token.expose());
  if (error == 0) error = file.put_in_place(written_);
  if (error == 0) return {};
  return fail(ErrorClass::output,
              "The token could not be written to " + path_ + ": " + std::strerror(error) + ".",
              error == ENOSPC || error == EDQUOT ? "Free some space there." : own_folder);
}

void TokenFile::remove() noexcept {
  struct stat ours {};
  struct stat there {};
  if (written_ && fstat(written_.get(), &ours) == 0 &&
      fstatat(folder_.get(), name_.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
      ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
    (void)unlinkat(folder_.get(), name_.c_str(), 0);
  written_ = Descriptor();
}

}  // namespace oauth_token::cli
