#include "new_file.hpp"

#include "output/output.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace oauth_token::cli {

int NewFile::make(int folder, const std::string& name, mode_t mode) {
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  std::uint32_t number = 0;  // another run beside it takes another one
  if (::getrandom(&number, sizeof number, 0) != sizeof number) return errno;
  folder_ = folder;
  name_ = name;
  temporary_ = "." + name + "." + std::to_string(number) + ".tmp";
  file_ = Descriptor(::openat(folder, temporary_.c_str(), flags, mode));
  if (!file_) return errno;
  return ::fchmod(file_.get(), mode) == 0 ? 0 : errno;
}

NewFile::NewFile(NewFile&& other) noexcept
    : folder_(other.folder_),
      name_(std::move(other.name_)),
      temporary_(std::move(other.temporary_)),
      file_(std::move(other.file_)) {}

NewFile::~NewFile() {
  if (file_) (void)::unlinkat(folder_, temporary_.c_str(), 0);
}

int NewFile::reserve(off_t size) const noexcept {
  const int error = ::posix_fallocate(file_.get(), 0, size);
  return error == EOPNOTSUPP ? 0 : error;
}

int NewFile::write(std::string_view bytes) noexcept {
  if (const int error = write_all(file_.get(), bytes); error != 0) return error;
  return ::ftruncate(file_.get(), static_cast<off_t>(bytes.size())) == 0 ? 0 : errno;
}

int NewFile::sync() const noexcept { return ::fsync(file_.get()) == 0 ? 0 : errno; }

int NewFile::put_in_place(Descriptor& file) noexcept {
  if (::renameat(folder_, temporary_.c_str(), folder_, name_.c_str()) != 0) return errno;
  file = std::move(file_);
  file_ = Descriptor();
  return 0;
}

void sync_names(int folder) noexcept {
  const Descriptor readable(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (readable) (void)::fsync(readable.get());
}

}  // namespace oauth_token::cli
