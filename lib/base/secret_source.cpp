#include "base/child.hpp"
#include "base/command.hpp"
#include "base/waiting.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/secret_source.hpp>
#include <oauth_token/text.hpp>

#include <cerrno>
#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace oauth_token {
namespace {

// `source` begins a sentence: "The file …".
Result<Secret> finished(SecretBuffer& text, const std::string& source) {
  std::string_view all = text.expose();
  if (all.ends_with('\n')) all.remove_suffix(all.ends_with("\r\n") ? 2 : 1);
  text.truncate(all.size());
  if (text.size() > secret_source_limit)
    return fail(ErrorClass::config, source + " holds more than 64 KiB: that is no secret of any use here.",
                "Name the file or command that gives the secret alone.");
  if (all.find('\0') != std::string_view::npos)
    return fail(ErrorClass::config, source + " holds a NUL byte, which no password or token has.",
                "Save it as plain text in UTF-8; UTF-16 is full of NUL bytes.");
  return text.take();
}

Result<Secret> read_to_end(int descriptor, const std::string& source, std::stop_token stop) {
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
    constexpr std::size_t piece = 4096;
    const ssize_t count = ::read(descriptor, text.room(piece), piece);
    if (count == 0) return finished(text, source);
    if (count > 0)
      text.grew(static_cast<std::size_t>(count));
    else if (errno == EISDIR)
      return fail(ErrorClass::config, source + " is a folder.", "Name a file in it.");
    else if (errno != EINTR && errno != EAGAIN)
      return fail(ErrorClass::config,
                  source + " cannot be read: " + std::generic_category().message(errno) + ".");
  }
  return finished(text, source);
}

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

Result<Secret> read_secret_file(const std::string& path, std::stop_token stop) {
  const std::string source = "The file \"" + escape_for_terminal(path) + "\"";
  // Not blocking: opening a FIFO would wait for its writer where no stop could reach it.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return cannot_open(source, errno);
  return read_to_end(file.get(), source, std::move(stop));
}

Result<Secret> read_secret_descriptor(int descriptor, std::stop_token stop) {
  const std::string source =
      descriptor == STDIN_FILENO ? "Standard input" : "Descriptor " + std::to_string(descriptor);
  if (::fcntl(descriptor, F_GETFD) < 0)
    return fail(ErrorClass::config, source + " is not open.", "Open it in the shell, e.g. 3< FILE.");
  return read_to_end(descriptor, source, std::move(stop));
}

Result<Secret> read_secret_command(const std::string& command, std::stop_token stop) {
  auto output = run_shell({.line = command, .wants_output = true}, std::move(stop));
  if (!output) return output;
  SecretBuffer text;
  text.append(output->expose());
  return finished(text, "The output of the command");
}

Result<Secret> read_secret_askpass(const std::string& program, const std::string& question,
                                   std::stop_token stop) {
  const std::string name = "The askpass program \"" + escape_for_terminal(program) + "\"";
  const ChildEnd end =
      run_child({.words = {program, question}, .wants_output = true}, Waiting(std::move(stop)));
  if (end.start_error != 0)
    return fail(ErrorClass::config,
                name + " cannot be started: " + std::generic_category().message(end.start_error) + ".",
                "Check --askpass or OAUTH_TOKEN_ASKPASS.");
  if (end.woken == Wake::stopped)
    return fail(ErrorClass::interrupted, "Interrupted while the askpass program was asking.");
  if (!end.how)
    return fail(ErrorClass::config,
                "How the askpass program ended cannot be known: this process ignores SIGCHLD.",
                "Let the process handle SIGCHLD by default.");
  const bool exited = end.how->si_code == CLD_EXITED;
  if (!end.too_much && !(exited && end.how->si_status == 0))
    return fail(ErrorClass::usage, name + " gave no answer: it ended with " +
                                       (exited ? "status " : "signal ") + std::to_string(end.how->si_status) +
                                       ".");
  SecretBuffer text;
  text.append(end.output.expose());
  return finished(text, "The answer of the askpass program");
}

Result<void> run_with_secret_input(const std::string& command, const Secret& input, std::stop_token stop) {
  auto done = run_shell({.line = command, .input = &input}, std::move(stop));
  if (done) return {};
  if (done.error().error_class == ErrorClass::config) done.error().error_class = ErrorClass::output;
  return fail(std::move(done.error()));
}

}  // namespace oauth_token
