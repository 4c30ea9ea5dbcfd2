#include "rotation.hpp"

#include "output/output.hpp"
#include "safe_place.hpp"
#include "terminal/progress.hpp"

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
Result<void> check_folder_of_file(const std::string& folder) {
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) return {};  // making the file says why
  const bool of_another = !is_ours(status) && geteuid() != 0;
  if (!of_another && !others_may_change(status)) return {};
  return fail(ErrorClass::config,
              "--write-refresh-token: other users can replace files in " + folder + "; nothing was sent.",
              of_another ? "Choose a folder of your own."
                         : "Choose a folder of your own, or run: chmod go-w " + folder);
}

/// Putting a file in the place of a folder would fail after the request; of a device or a pipe, it would
/// succeed.
Result<void> check_replaceable(const std::string& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0 || S_ISREG(status.st_mode)) return {};
  return fail(ErrorClass::config, "--write-refresh-token: " + file + " is no regular file; nothing was sent.",
              "Name a file: it is replaced as a whole. A command gets the token with --on-rotation CMD.");
}

}  // namespace

Result<Rotation> Rotation::prepare(const Settings& settings) {
  Rotation rotation;
  rotation.command_ = settings.value("on-rotation");
  const bool in_answer =
      settings.given("field") ? settings.value("field") == "refresh_token" : output_form(settings) == "json";
  const bool printed = settings.flag("show-refresh-token") && in_answer;
  if (!settings.given("write-refresh-token")) {
    if (printed || settings.given("on-rotation")) return rotation;
    return fail(
        ErrorClass::usage,
        "The server may answer with a new refresh token, and there is no place for it: it would be lost.",
        "Add --write-refresh-token FILE, --on-rotation CMD, or -o json --show-refresh-token.");
  }
  rotation.file_ = resolved(settings.value("write-refresh-token"));
  if (auto safe = check_folder_of_file(folder_of(rotation.file_)); !safe)
    return fail(std::move(safe.error()));
  if (auto file = check_replaceable(rotation.file_); !file) return fail(std::move(file.error()));
  rotation.folder_ = Descriptor(open(folder_of(rotation.file_).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  int error = rotation.folder_ ? 0 : errno;
  if (error == 0)
    error =
        rotation.new_file_.make(rotation.folder_.get(), rotation.file_.substr(rotation.file_.rfind('/') + 1));
  // Space is reserved now: a full disk shall not cost the session.
  if (error == 0) error = rotation.new_file_.reserve(4096);
  if (error == 0) return rotation;
  return fail(ErrorClass::config,
              "No file can be written beside " + rotation.file_ + ": " + std::strerror(error) + ".",
              "Choose another place for --write-refresh-token; nothing was sent.");
}

Result<void> Rotation::deliver(const Secret& refresh_token, std::stop_token stop) {
  if (new_file_.is_made()) {
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
  SecretBuffer line;
  line.append(refresh_token.expose()).append('\n');
  int error = new_file_.write(line.expose());
  if (error == 0) error = new_file_.sync();
  Descriptor written;
  if (error == 0) error = new_file_.put_in_place(written);
  if (error != 0) {
    return fail(ErrorClass::store,
                "The new refresh token could not be written to " + file_ + ": " + std::strerror(error) + ".");
  }
  sync_names(folder_.get());
  return {};
}

}  // namespace oauth_token::cli
