#include "base/folder.hpp"

#include "base/ownership.hpp"
#include "base/random.hpp"
#include "base/reading.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace oauth_token {
namespace {

constexpr std::string_view temporary_suffix = ".tmp";
constexpr std::time_t temporary_age = 3600;

Result<void> check_folder(int descriptor, const std::string& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return storage_failure("Cannot look at", path);
  return check_own_folder(status, path);
}

Result<void> check_file(int descriptor, const std::string& place) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return storage_failure("Cannot look at", place);
  return check_own_file(status, place);
}

// What root makes in somebody's home, its owner cannot use later.
Result<void> check_home_of_another(int descriptor, const std::string& path) {
  struct stat status {};
  if (::geteuid() != 0 || ::fstat(descriptor, &status) != 0 || status.st_uid == 0) return {};
  return fail(ErrorClass::config,
              "You are root, but " + path + " belongs to user id " + std::to_string(status.st_uid) + ".",
              "Run as that user (without sudo), or with root's own home (sudo -H).");
}

// Nor one at the end, which would have a link followed.
std::string without_double_slashes(const std::string& path) {
  std::string result;
  for (const char c : path)
    if (c != '/' || !result.ends_with('/')) result += c;
  if (result.size() > 1 && result.ends_with('/')) result.pop_back();
  return result;
}

Descriptor open_folder_at(int parent, const std::string& name, int flags) {
  return Descriptor(::openat(parent, name.c_str(), O_DIRECTORY | O_CLOEXEC | flags));
}

Result<void> make(int parent, const std::string& name, const std::string& path) {
  if (::mkdirat(parent, name.c_str(), S_IRWXU) != 0)
    return errno == EEXIST ? Result<void>() : storage_failure("Cannot make the folder", path);
  // Even when umask takes the owner's own rights away.
  if (::fchmodat(parent, name.c_str(), S_IRWXU, 0) != 0)
    return storage_failure("Cannot make the folder", path);
  if (const Descriptor readable = open_folder_at(parent, ".", O_RDONLY)) ::fsync(readable.get());
  return {};
}

// An empty descriptor where there is none and none may be made.
Result<Descriptor> enter(int parent, const std::string& name, const std::string& path, int flags,
                         bool may_make) {
  Descriptor folder = open_folder_at(parent, name, flags);
  if (!folder && errno == ENOENT) {
    if (!may_make) return Descriptor();
    if (auto made = make(parent, name, path); !made) return fail(std::move(made.error()));
    folder = open_folder_at(parent, name, flags);
  }
  if (!folder && (errno == ELOOP || errno == ENOTDIR))
    return unsafe_to_use(path, "it is a link or no folder", "Remove it, or choose another folder.");
  if (!folder) return storage_failure("Cannot open the folder", path);
  return folder;
}

Result<void> write_all(int descriptor, std::string_view contents, const std::string& place) {
  while (!contents.empty()) {
    const ssize_t written = ::write(descriptor, contents.data(), contents.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return storage_failure("Cannot write", place);
    }
    contents.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

tl::unexpected<Error> storage_failure(const std::string& what, const std::string& place, int number) {
  const char* const hint = number == ENOSPC || number == EDQUOT ? "Free some space there."
                           : number == EROFS                    ? "Choose a place that can be written to."
                           : number == EACCES                   ? "Check who may use that folder."
                           : number == EFBIG  ? "Raise the limit of the size of files: ulimit -f."
                           : number == EMFILE ? "Raise the limit of open files: ulimit -n."
                                              : "";
  Error error{.error_class = ErrorClass::store,
              .message = what + " " + place + ": " + std::generic_category().message(number) + ".",
              .hint = hint};
  if (number == ENOSPC || number == EDQUOT || number == EFBIG) error.reason = "full";
  if (number == EACCES || number == EROFS || number == EPERM) error.reason = "denied";
  return fail(std::move(error));
}

Result<std::optional<Folder>> Folder::reach(const std::string& path, bool may_make) {
  if (path.empty() || path.front() != '/')
    return fail(ErrorClass::config, "The folder \"" + path + "\" is not an absolute path.",
                "Write it with a leading slash.");
  const std::string whole = without_double_slashes(path);
  // In one step, where nothing on the way has to be looked at or made: a token at hand takes 12 system calls
  // less, and 0.01 of an empty program's time. Whatever is wrong, the walk says where.
  if (::geteuid() != 0) {
    Descriptor folder = open_folder_at(AT_FDCWD, whole, O_RDONLY | O_NOFOLLOW);
    if (folder && check_folder(folder.get(), whole)) return Folder(whole, std::move(folder));
  }
  Descriptor at = open_folder_at(AT_FDCWD, "/", O_PATH);
  for (std::size_t start = 1; start < whole.size();) {
    const std::size_t end = std::min(whole.find('/', start), whole.size());
    const std::string done = whole.substr(0, end);
    // A home may well be behind a link, in a folder that only lets through; the folder itself must be
    // neither.
    const int flags = end == whole.size() ? O_RDONLY | O_NOFOLLOW : O_PATH;
    auto next = enter(at.get(), whole.substr(start, end - start), done, flags, may_make);
    if (!next) return fail(std::move(next.error()));
    if (!*next) return std::nullopt;
    if (auto checked = check_home_of_another(next->get(), done); !checked)
      return fail(std::move(checked.error()));
    at = std::move(*next);
    start = end + 1;
  }
  if (auto checked = check_folder(at.get(), whole); !checked) return fail(std::move(checked.error()));
  return Folder(whole, std::move(at));
}

Result<Folder> Folder::open(const std::string& path) {
  auto folder = reach(path, true);
  if (!folder) return fail(std::move(folder.error()));
  return std::move(**folder);
}

Result<std::optional<Folder>> Folder::find(const std::string& path) { return reach(path, false); }

Result<std::optional<Folder>> Folder::reach_inside(const std::string& name, bool may_make) const {
  const std::string path = place(name);
  auto folder = enter(descriptor_.get(), name, path, O_NOFOLLOW, may_make);
  if (!folder) return fail(std::move(folder.error()));
  if (!*folder) return std::nullopt;
  if (auto checked = check_folder(folder->get(), path); !checked) return fail(std::move(checked.error()));
  return Folder(path, std::move(*folder));
}

Result<Folder> Folder::inside(const std::string& name) const {
  auto folder = reach_inside(name, true);
  if (!folder) return fail(std::move(folder.error()));
  return std::move(**folder);
}

Result<std::optional<Folder>> Folder::find_inside(const std::string& name) const {
  return reach_inside(name, false);
}

Result<Descriptor> Folder::open_file(const std::string& name, bool create) const {
  constexpr int flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  Descriptor file(::openat(descriptor_.get(), name.c_str(), flags));
  if (!file && errno == ENOENT) {
    if (!create) return Descriptor();
    file = Descriptor(::openat(descriptor_.get(), name.c_str(), flags | O_CREAT, S_IRUSR | S_IWUSR));
    if (file && ::fchmod(file.get(), S_IRUSR | S_IWUSR) != 0)
      return storage_failure("Cannot make", place(name));
  }
  if (!file && errno == ELOOP) return unsafe_to_use(place(name), "it is a link", "Remove it.");
  if (!file) return storage_failure("Cannot open", place(name));
  if (auto checked = check_file(file.get(), place(name)); !checked) return fail(std::move(checked.error()));
  return file;
}

bool Folder::is_current(const Descriptor& file, const std::string& name) const noexcept {
  struct stat open {};
  struct stat named {};
  return ::fstat(file.get(), &open) == 0 &&
         ::fstatat(descriptor_.get(), name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

void Folder::discard(const std::string& name) const noexcept {
  ::unlinkat(descriptor_.get(), name.c_str(), 0);
}

Result<std::optional<Secret>> Folder::read(const std::string& name, std::size_t limit) const {
  const Descriptor file(
      ::openat(descriptor_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file && errno == ELOOP) return unsafe_to_use(place(name), "it is a link", "Remove it.");
  if (!file) return storage_failure("Cannot open", place(name));
  if (auto checked = check_file(file.get(), place(name)); !checked) return fail(std::move(checked.error()));
  SecretBuffer contents;
  for (;;) {
    const auto room = room_to_read(contents);
    const ssize_t got = ::read(file.get(), room.data(), room.size());
    if (got == 0) return contents.take();
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return storage_failure("Cannot read", place(name));
    contents.grew(static_cast<std::size_t>(got));
    if (contents.size() > limit)
      return fail(ErrorClass::store, place(name) + " is larger than " + std::to_string(limit) + " bytes.",
                  "It is none of our files.");
  }
}

Result<void> Folder::replace(const std::string& name, std::string_view contents) const {
  const std::string temporary = "." + name + "." + random_hex(8) + std::string(temporary_suffix);
  const auto give_up = [&](Error error) -> Result<void> {
    ::unlinkat(descriptor_.get(), temporary.c_str(), 0);
    return fail(std::move(error));
  };
  const Descriptor file(::openat(descriptor_.get(), temporary.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file) return storage_failure("Cannot write", place(name));
  if (::fchmod(file.get(), S_IRUSR | S_IWUSR) != 0)
    return give_up(storage_failure("Cannot write", place(name)).value());
  if (auto written = write_all(file.get(), contents, place(name)); !written)
    return give_up(std::move(written.error()));
  if (::fsync(file.get()) != 0 ||
      ::renameat(descriptor_.get(), temporary.c_str(), descriptor_.get(), name.c_str()) != 0)
    return give_up(storage_failure("Cannot write", place(name)).value());
  return sync();
}

Result<void> Folder::remove(const std::string& name) const {
  if (::unlinkat(descriptor_.get(), name.c_str(), 0) == 0) return sync();
  return errno == ENOENT ? Result<void>() : storage_failure("Cannot remove", place(name));
}

Result<void> Folder::rename(const std::string& from, const std::string& to) const {
  if (::renameat(descriptor_.get(), from.c_str(), descriptor_.get(), to.c_str()) != 0)
    return storage_failure("Cannot rename", place(from));
  return {};
}

Result<void> Folder::probe() const {
  if (::faccessat(descriptor_.get(), ".", W_OK | X_OK, AT_EACCESS) != 0)
    return storage_failure("Cannot write to", path_);
  struct statvfs status {};
  if (::fstatvfs(descriptor_.get(), &status) == 0 && status.f_blocks > 0 && status.f_bavail == 0)
    return storage_failure("Cannot write to", path_, ENOSPC);
  return {};
}

Result<void> Folder::sync() const {
  return ::fsync(descriptor_.get()) == 0 ? Result<void>() : storage_failure("Cannot write to", path_);
}

Result<std::vector<std::string>> Folder::names() const {
  Descriptor again = open_folder_at(descriptor_.get(), ".", 0);
  if (!again) return storage_failure("Cannot open the folder", path_);
  struct Close {
    void operator()(DIR* stream) const noexcept { ::closedir(stream); }
  };
  const std::unique_ptr<DIR, Close> stream(::fdopendir(again.get()));
  if (!stream) return storage_failure("Cannot read the folder", path_);
  again.release();
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr && errno != 0) return storage_failure("Cannot read the folder", path_);
    if (entry == nullptr) break;
    const std::string name(static_cast<const char*>(entry->d_name));
    if (name.front() != '.') {
      names.push_back(name);
      continue;
    }
    struct stat status {};
    if (name.ends_with(temporary_suffix) &&
        ::fstatat(descriptor_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode) && std::time(nullptr) - status.st_mtime > temporary_age)
      ::unlinkat(descriptor_.get(), name.c_str(), 0);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace oauth_token
