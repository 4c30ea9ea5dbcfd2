#include "config_file.hpp"

#include "new_file.hpp"
#include "safe_place.hpp"

#include <oauth_token/text.hpp>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

constexpr std::size_t size_limit = std::size_t{4} * 1024 * 1024;
constexpr std::chrono::seconds lock_time_limit{5};
constexpr std::chrono::milliseconds lock_pause{20};

tl::unexpected<Error> config_refused(const std::string& what, const std::string& path, int number) {
  return fail(ErrorClass::config,
              what + " " + quote_for_terminal(path) + ": " + std::generic_category().message(number) + ".");
}

// Behind all symbolic links; nothing when there is no such file.
std::optional<std::string> real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  if (!real) return std::nullopt;
  return std::string(real.get());
}

Result<void> check_safe(const struct stat& status, const std::string& path, const std::string& what) {
  if (!is_ours(status))
    return fail(
        ErrorClass::config,
        what + " " + quote_for_terminal(path) + " belongs to another user, who could have commands run here.",
        "It must belong to you or to root.");
  if (others_may_change(status))
    return fail(ErrorClass::config,
                what + " " + quote_for_terminal(path) +
                    " can be written by others, who could have commands run here.",
                "chmod go-w " + quote_for_terminal(path));
  return {};
}

Result<void> check_folder(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return config_refused("Cannot look at the folder", path, errno);
  return check_safe(status, path, "The folder");
}

Result<std::string> read_all(int file, const std::string& path) {
  std::string text;
  for (;;) {
    constexpr std::size_t piece = std::size_t{64} * 1024;
    const std::size_t size = text.size();
    text.resize(size + piece);
    const ssize_t count = ::read(file, text.data() + size, piece);
    text.resize(size + (count > 0 ? static_cast<std::size_t>(count) : 0));
    if (count == 0) return text;
    if (count < 0 && errno != EINTR) return config_refused("Cannot read the configuration file", path, errno);
    if (text.size() > size_limit)
      return fail(ErrorClass::config,
                  "The configuration file " + quote_for_terminal(path) + " is larger than 4 MiB.");
  }
}

Result<void> make_folders(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) == 0) return {};
  if (path != "/" && path != ".")
    if (auto parent = make_folders(folder_of(path)); !parent) return parent;
  const bool made = ::mkdir(path.c_str(), S_IRWXU) == 0;
  // Whatever umask says.
  if ((!made && errno != EEXIST) || (made && ::chmod(path.c_str(), S_IRWXU) != 0))
    return config_refused("Cannot make the folder", path, errno);
  return {};
}

Result<Descriptor> lock(const std::string& folder) {
  Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor) return config_refused("Cannot open the folder", folder, errno);
  const auto end = std::chrono::steady_clock::now() + lock_time_limit;
  while (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return config_refused("Cannot lock the folder", folder, errno);
    if (std::chrono::steady_clock::now() > end)
      return fail(ErrorClass::config,
                  "Another program has locked the folder " + quote_for_terminal(folder) + " for 5 s.",
                  "Try again when it has ended.");
    std::this_thread::sleep_for(lock_pause);
  }
  return descriptor;
}

}  // namespace

Result<std::optional<std::string>> read_config_file(const std::string& path) {
  // Not blocking: a FIFO in this place must not hold us up before it is refused.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  struct stat status = {};
  if (!file || ::fstat(file.get(), &status) != 0)
    return config_refused("Cannot open the configuration file", path, errno);
  if (!S_ISREG(status.st_mode))
    return fail(ErrorClass::config,
                "The configuration file " + quote_for_terminal(path) + " is no regular file.");
  if (auto safe = check_safe(status, path, "The configuration file"); !safe) return fail(safe.error());
  if (auto safe = check_folder(folder_of(real_path(path).value_or(path))); !safe) return fail(safe.error());
  auto text = read_all(file.get(), path);
  if (!text) return fail(std::move(text.error()));
  return std::move(*text);
}

Result<ConfigFile> ConfigFile::open_for_editing(const std::string& path) {
  if (path.empty())
    return fail(
        ErrorClass::config,
        "There is no place for a configuration file: neither XDG_CONFIG_HOME nor HOME is an absolute path.",
        "Name one with --config.");
  const std::string target = real_path(path).value_or(path);
  struct stat link = {};
  if (target == path && ::lstat(path.c_str(), &link) == 0 && S_ISLNK(link.st_mode))
    return fail(ErrorClass::config,
                "The configuration file " + quote_for_terminal(path) + " is a link to nothing.",
                "Make the file that it names, or remove the link.");
  const std::string folder = folder_of(target);
  if (auto made = make_folders(folder); !made) return fail(std::move(made.error()));
  if (auto safe = check_folder(folder); !safe) return fail(std::move(safe.error()));
  auto locked = lock(folder);
  if (!locked) return fail(std::move(locked.error()));
  return ConfigFile(target, folder, std::move(*locked));
}

Result<std::string> ConfigFile::read() const {
  auto text = read_config_file(target_);
  if (!text) return fail(std::move(text.error()));
  return text->value_or("");
}

Result<void> ConfigFile::replace(const std::string& text) const {
  struct stat before = {};
  const bool there = ::stat(target_.c_str(), &before) == 0;
  const mode_t mode = there ? before.st_mode & 0777U : 0600U;
  NewFile file;
  if (const int error = file.make(lock_.get(), target_.substr(target_.rfind('/') + 1), mode); error != 0)
    return config_refused("Cannot write beside the configuration file", target_, error);
  int error = file.write(text);
  if (error == 0) error = file.sync();
  Descriptor written;
  if (error == 0) error = file.put_in_place(written);
  if (error != 0) return config_refused("Cannot replace the configuration file", target_, error);
  sync_names(lock_.get());
  return {};
}

}  // namespace oauth_token::cli
