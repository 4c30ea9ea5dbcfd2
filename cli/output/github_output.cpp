#include "github_output.hpp"

#include "descriptor.hpp"
#include "output.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

std::string outputs_path() {
  const char* const path = std::getenv("GITHUB_OUTPUT");
  return path == nullptr ? "" : path;
}

/// Why the file is no step's, else an empty text. In the container of a job root writes to a file of the
/// runner's user, which some runners even make writable for all: root, who may write anywhere, is not asked
/// for an owner.
std::string complaint(int file) {
  struct stat status {};
  if (fstat(file, &status) != 0) return std::strerror(errno);
  if (!S_ISREG(status.st_mode)) return "it is no regular file";
  if (geteuid() == 0) return "";
  if (status.st_uid != geteuid()) return "it belongs to user id " + std::to_string(status.st_uid);
  return (status.st_mode & (S_IWGRP | S_IWOTH)) != 0 ? "other users can write to it" : "";
}

Result<Descriptor> open_outputs(const std::string& path) {
  // Readable too, for a look at its end. Not blocking: a FIFO must not hold us up.
  Descriptor file(open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  const std::string why = file             ? complaint(file.get())
                          : errno == ELOOP ? "it is a link"
                                           : std::string(std::strerror(errno));
  if (why.empty()) return Result<Descriptor>(std::move(file));
  return fail(ErrorClass::config, "The file of GITHUB_OUTPUT, " + path + ", cannot be used: " + why + ".",
              "Nothing was sent.");
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
  append_replacing(out, token, '%', "%25");
  out.append('\n');
}

}  // namespace

Result<void> check_github_output(const Settings& settings) {
  if (settings.origin("output") != Origin::flag)
    return fail(
        ErrorClass::config,
        settings.where("output") + " cannot be github: variables alone may not put a token into a file.",
        "Use -o github on the command line.");
  const std::string path = outputs_path();
  if (path.empty())
    return fail(ErrorClass::usage, "-o github needs the variable GITHUB_OUTPUT, which is not set.",
                "It is for a step of GitHub Actions; elsewhere use -o token, header, env or json.");
  auto file = open_outputs(path);
  return file ? Result<void>() : fail(std::move(file.error()));
}

Result<void> write_github_output(const Context& context, const Secret& token) {
  const std::string_view text = token.expose();
  if (!is_visible_ascii(text)) {
    return fail(ErrorClass::protocol, "The access token holds characters that a step's output must not.",
                "Use -o json.");
  }
  SecretBuffer mask;
  append_mask_command(mask, text);
  if (auto written = write_answer(context, mask.expose()); !written) return written;
  const std::string path = outputs_path();
  const auto file = open_outputs(path);
  if (!file) return fail(ErrorClass::output, file.error().message);
  SecretBuffer line;
  if (ends_within_a_line(file->get())) line.append('\n');
  // "=" before any "<<" makes it a plain value for the runner.
  line.append("access_token=").append(text).append('\n');
  const int error = write_all(file->get(), line.expose());
  if (error == 0) return {};
  return fail(ErrorClass::output, "The token could not be written to the file of GITHUB_OUTPUT, " + path +
                                      ": " + std::strerror(error) + ".");
}

}  // namespace oauth_token::cli
