#include "rotation.hpp"

#include "output.hpp"
#include "progress.hpp"
#include "safe_place.hpp"

#include <oauth_token/secret_source.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

/// The file itself where `path` is a symbolic link.
std::string resolved(const std::string& path) {
  char* const real = realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string text = real;
  std::free(real);
  return text;
}

/// Whoever can put a file of his own in the place of ours chooses the account that the next run works with.
Result<void> check_folder(const std::string& folder) {
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) return {};  // making the file says why
  const bool of_another = !is_ours(status) && geteuid() != 0;
  if (!of_another && !others_may_change(status)) return {};
  return fail(ErrorClass::config,
              "--write-refresh-token: other users can replace files in " + folder + "; nothing was sent.",
              of_another ? "Choose a folder of your own."
                         : "Choose a folder of your own, or run: chmod go-w " + folder);
}

void sync_folder_of(const std::string& path) noexcept {
  const int folder = open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder == -1) return;
  (void)fsync(folder);
  close(folder);
}

}  // namespace

Result<Rotation> Rotation::prepare(const Settings& settings) {
  Rotation rotation;
  rotation.command_ = settings.value("on-rotation");
  const bool in_answer = !settings.given("field") || settings.value("field") == "refresh_token";
  const bool printed = output_form(settings) == "json" && settings.flag("show-refresh-token") && in_answer;
  if (!settings.given("write-refresh-token")) {
    if (printed || settings.given("on-rotation")) return rotation;
    return fail(
        ErrorClass::usage,
        "The server may answer with a new refresh token, and there is no place for it: it would be lost.",
        "Add --write-refresh-token FILE, --on-rotation CMD, or -o json --show-refresh-token.");
  }
  rotation.file_ = resolved(settings.value("write-refresh-token"));
  if (auto safe = check_folder(folder_of(rotation.file_)); !safe) return fail(std::move(safe.error()));
  rotation.temporary_ = rotation.file_ + ".XXXXXX";
  rotation.descriptor_ = mkostemp(rotation.temporary_.data(), O_CLOEXEC);
  // Space is reserved now: a full disk shall not cost the session.
  int error = rotation.descriptor_ == -1 ? errno : posix_fallocate(rotation.descriptor_, 0, 4096);
  if (error == 0 && fchmod(rotation.descriptor_, S_IRUSR | S_IWUSR) != 0)
    error = errno;  // whatever umask says
  if (error == 0 || (rotation.descriptor_ != -1 && error == EOPNOTSUPP)) return rotation;
  return fail(ErrorClass::config,
              "No file can be written beside " + rotation.file_ + ": " + std::strerror(error) + ".",
              "Choose another place for --write-refresh-token; nothing was sent.");
}

Rotation::Rotation(Rotation&& other) noexcept
    : file_(std::move(other.file_)),
      temporary_(std::move(other.temporary_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      command_(std::move(other.command_)) {}

Rotation::~Rotation() {
  if (descriptor_ == -1) return;
  close(descriptor_);
  (void)unlink(temporary_.c_str());
}

Result<void> Rotation::deliver(const Secret& refresh_token, std::stop_token stop) {
  if (descriptor_ != -1) {
    if (auto replaced = replace_file(refresh_token); !replaced) return replaced;
  }
  if (command_.empty()) return {};
  const Pause for_the_command;
  auto run = run_with_secret_input(command_, refresh_token, std::move(stop));
  if (run) return {};
  return fail(ErrorClass::store, "The command of --on-rotation failed: " + run.error().message,
              file_.empty() ? "" : "The new refresh token is in " + file_ + ".");
}

Result<void> Rotation::replace_file(const Secret& refresh_token) {
  // Into the space that was reserved; only what was not needed is given back.
  int error = write_all(descriptor_, refresh_token.expose());
  if (error == 0) error = write_all(descriptor_, "\n");
  if (error == 0 && ftruncate(descriptor_, static_cast<off_t>(refresh_token.size() + 1)) != 0) error = errno;
  if (error == 0 && fsync(descriptor_) != 0) error = errno;
  if (error == 0 && rename(temporary_.c_str(), file_.c_str()) != 0) error = errno;
  if (error != 0) {
    return fail(ErrorClass::store,
                "The new refresh token could not be written to " + file_ + ": " + std::strerror(error) + ".");
  }
  close(std::exchange(descriptor_, -1));
  sync_folder_of(file_);
  return {};
}

}  // namespace oauth_token::cli
