#include "base/reading.hpp"

#include "base/command.hpp"
#include "base/waiting.hpp"

#include <oauth_token/secret_source.hpp>
#include <oauth_token/text.hpp>

#include <cerrno>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace oauth_token {
namespace {

tl::unexpected<Error> cannot_open(const std::string& source, int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return fail(ErrorClass::config, source + " does not exist.", "Check the path.");
    case EACCES:
    case EPERM:
      return fail(ErrorClass::config, source + " may not be read by this user.",
                  "Give this user the right to read it, or name another file.");
    case ENXIO:
      return fail(ErrorClass::config, source + " is a socket or a device that cannot be read.");
    default:
      return fail(ErrorClass::config,
                  source + " cannot be opened: " + std::generic_category().message(number) + ".");
  }
}

}  // namespace

std::string file_in_messages(const std::string& path) { return "The file " + quote_for_terminal(path); }

Result<SecretBuffer> read_to_end(int descriptor, const std::string& source, std::stop_token stop) {
  const Waiting waiting(std::move(stop));
  // A person at a terminal is waited for.
  std::optional<Deadline> deadline;
  if (::isatty(descriptor) == 0) deadline = Deadline::clock::now() + command_time_limit;
  SecretBuffer text;
  while (text.size() <= secret_source_limit + 2) {
    pollfd on{.fd = descriptor, .events = POLLIN, .revents = 0};
    const Wake woken = waiting.wait({&on, 1}, deadline);
    if (woken == Wake::stopped) return fail(ErrorClass::interrupted, "Interrupted while a secret was read.");
    if (woken == Wake::deadline)
      return fail(ErrorClass::timeout, source + " gave no end of the secret within 60 s.",
                  "Whoever writes it must write the secret and close its end.");
    const auto room = room_to_read(text);
    const ssize_t count = ::read(descriptor, room.data(), room.size());
    if (count == 0) return text;
    if (count > 0)
      text.grew(static_cast<std::size_t>(count));
    else if (errno == EISDIR)
      return fail(ErrorClass::config, source + " is a folder.", "Name a file in it.");
    else if (errno != EINTR && errno != EAGAIN)
      return fail(ErrorClass::config,
                  source + " cannot be read: " + std::generic_category().message(errno) + ".");
  }
  return text;
}

Result<FileContents> read_file(const std::string& path, std::stop_token stop) {
  const std::string source = file_in_messages(path);
  // Not blocking: opening a FIFO would wait for its writer where no stop could reach it.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return cannot_open(source, errno);
  struct stat status {};
  const bool known = ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
  auto bytes = read_to_end(file.get(), source, std::move(stop));
  if (!bytes) return fail(std::move(bytes.error()));
  return FileContents{.bytes = std::move(*bytes),
                      .others_may_read = known && (status.st_mode & (S_IRGRP | S_IROTH)) != 0};
}

}  // namespace oauth_token
