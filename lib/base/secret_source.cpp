#include "base/child.hpp"
#include "base/command.hpp"
#include "base/reading.hpp"
#include "base/waiting.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/secret_source.hpp>
#include <oauth_token/text.hpp>

#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
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

}  // namespace

Result<Secret> read_secret_file(const std::string& path, std::stop_token stop) {
  auto file = read_file(path, std::move(stop));
  if (!file) return fail(std::move(file.error()));
  return finished(file->bytes, file_in_messages(path));
}

Result<Secret> read_secret_descriptor(int descriptor, std::stop_token stop) {
  const std::string source =
      descriptor == STDIN_FILENO ? "Standard input" : "Descriptor " + std::to_string(descriptor);
  if (::fcntl(descriptor, F_GETFD) < 0)
    return fail(ErrorClass::config, source + " is not open.", "Open it in the shell, e.g. 3< FILE.");
  auto text = read_to_end(descriptor, source, std::move(stop));
  if (!text) return fail(std::move(text.error()));
  return finished(*text, source);
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
  const std::string name = "The askpass program " + quote_for_terminal(program);
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
