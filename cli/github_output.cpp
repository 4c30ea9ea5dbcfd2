#include "github_output.hpp"

#include "descriptor.hpp"
#include "output.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>

namespace oauth_token::cli {
namespace {

std::string outputs_path() {
  const char* const path = std::getenv("GITHUB_OUTPUT");
  return path == nullptr ? "" : path;
}

// Readable too, for a look at its end. Not blocking: a FIFO must not hold us up.
Descriptor open_outputs(const std::string& path) {
  return Descriptor(open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

/// Whether somebody before us left a line without its end, which ours would become a part of.
bool ends_within_a_line(int file) {
  struct stat status {};
  char last = '\n';
  return fstat(file, &status) == 0 && status.st_size > 0 && pread(file, &last, 1, status.st_size - 1) == 1 &&
         last != '\n';
}

/// The runner reads "%25" as "%" there, and nowhere else.
void append_mask_command(SecretBuffer& out, std::string_view token) {
  out.append("::add-mask::");
  for (const char c : token) {
    if (c == '%') {
      out.append("%25");
    } else {
      out.append(c);
    }
  }
  out.append('\n');
}

}  // namespace

Result<void> check_github_output() {
  const std::string path = outputs_path();
  if (path.empty())
    return fail(ErrorClass::usage, "-o github needs the variable GITHUB_OUTPUT, which is not set.",
                "It is for a step of GitHub Actions; elsewhere use -o token, header, env or json.");
  if (open_outputs(path)) return {};
  return fail(ErrorClass::config,
              "The file of GITHUB_OUTPUT, " + path + ", cannot be written: " + std::strerror(errno) + ".",
              "Nothing was sent.");
}

Result<void> write_github_output(const Context& context, const Secret& token) {
  const std::string_view text = token.expose();
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    return fail(ErrorClass::protocol,
                "The access token holds control characters, which a step's output cannot.", "Use -o json.");
  }
  SecretBuffer mask;
  append_mask_command(mask, text);
  if (auto written = write_answer(context, mask.expose()); !written) return written;
  const std::string path = outputs_path();
  const Descriptor file = open_outputs(path);
  int error = file ? 0 : errno;
  if (error == 0) {
    SecretBuffer line;
    if (ends_within_a_line(file.get())) line.append('\n');
    // "=" before any "<<" makes it a plain value for the runner.
    line.append("access_token=").append(text).append('\n');
    error = write_all(file.get(), line.expose());
  }
  if (error == 0) return {};
  return fail(ErrorClass::output,
              "The token could not be written to the file of GITHUB_OUTPUT, " + path + ": " +
                  std::strerror(error) + ".",
              "A session that was signed in or renewed is kept.");
}

}  // namespace oauth_token::cli
