#include "handover.hpp"

#include "base/characters.hpp"
#include "options/value_check.hpp"
#include "output/output.hpp"
#include "output/token_output.hpp"
#include "process.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

constexpr std::string_view file_variable = "ACCESS_TOKEN_FILE";

bool can_name_variable(std::string_view name) {
  return !name.empty() && !is_digit(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter_or_digit(c) || c == '_'; });
}

Result<void> check_variable(const std::string& name) {
  if (!can_name_variable(name))
    return fail(ErrorClass::usage, "--env " + name + " is no name that a variable can have.",
                "Use letters, digits and _, a digit not first.");
  if (name.starts_with("OAUTH_TOKEN_") || name == file_variable)
    return fail(ErrorClass::usage, "--env " + name + " has a meaning of its own.", "Use another name.");
  return {};
}

Result<std::optional<int>> descriptor_of(const Settings& settings, OptionName name) {
  if (!settings.given(name)) return std::nullopt;
  const std::string& text = settings.value(name);
  const int number = parse_whole_number(text).value_or(0);  // checked before
  if (number != STDOUT_FILENO && number != STDERR_FILENO) return number;
  return fail(ErrorClass::usage, settings.where(name) + " " + text + " is where COMMAND writes.",
              "Use 0 or a number from 3 on.");
}

/// Most bytes that execve(2) takes as one variable, the null at its end included.
std::size_t longest_variable() { return 32 * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

tl::unexpected<Error> no_descriptor(int number, int error) {
  return fail(ErrorClass::output,
              "Descriptor " + std::to_string(number) + " cannot be made: " + std::strerror(error) + ".",
              error == EINVAL || error == EBADF || error == EMFILE
                  ? "Choose a smaller number, or raise the limit of open files (ulimit -n)."
                  : "Use a variable (--env) or --refresh-file.");
}

}  // namespace

Result<HandoverWishes> handover_wishes(const Settings& settings) {
  HandoverWishes wishes{.variable = settings.value("env"), .file = settings.value("refresh-file")};
  if (settings.given("env")) {
    if (auto checked = check_variable(wishes.variable); !checked) return fail(std::move(checked.error()));
  }
  auto token = descriptor_of(settings, "token-fd");
  if (!token) return fail(std::move(token.error()));
  auto header = descriptor_of(settings, "header-fd");
  if (!header) return fail(std::move(header.error()));
  if (*token && *token == *header)
    return fail(ErrorClass::usage, "--token-fd and --header-fd name the same descriptor.",
                "Use two numbers, or one of the options.");
  wishes.token_descriptor = *token;
  wishes.header_descriptor = *header;
  if (wishes.variable.empty() && !*token && !*header && wishes.file.empty()) wishes.variable = "ACCESS_TOKEN";
  return wishes;
}

Result<Handover> Handover::prepare(const HandoverWishes& wishes, const Token& token) {
  Handover handover;
  handover.highest_ = std::max(wishes.token_descriptor.value_or(0), wishes.header_descriptor.value_or(0));
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    handover.environment_.push_back(*entry);
  if (char* const entry = key_log_variable()) handover.environment_.push_back(entry);
  handover.environment_.push_back(nullptr);
  if (!wishes.variable.empty()) {
    if (auto added = handover.add_variable(wishes.variable, token.access_token); !added)
      return fail(std::move(added.error()));
  }
  if (!wishes.file.empty()) {
    handover.drop(std::string(file_variable));
    handover.file_variable_.append(file_variable).append('=').append(wishes.file).append('\0');
    handover.environment_.insert(handover.environment_.begin(), handover.file_variable_.data());
  }
  if (wishes.token_descriptor) {
    auto added = handover.add_descriptor(*wishes.token_descriptor, token.access_token.expose());
    if (!added) return fail(std::move(added.error()));
  }
  if (wishes.header_descriptor) {
    SecretBuffer header;
    auto added = append_header(header, token);
    if (added) added = handover.add_descriptor(*wishes.header_descriptor, header.expose());
    if (!added) return fail(std::move(added.error()));
  }
  return handover;
}

void Handover::drop(const std::string& name) {
  const std::string start = name + "=";
  environment_.erase(
      std::remove_if(environment_.begin(), environment_.end() - 1,
                     [&](const char* entry) { return std::strncmp(entry, start.data(), start.size()) == 0; }),
      environment_.end() - 1);
}

Result<void> Handover::add_variable(const std::string& name, const Secret& token) {
  if (token.expose().find('\0') != std::string_view::npos)
    return fail(ErrorClass::protocol, "The access token holds a NUL byte, which no variable can carry.",
                "Use --token-fd.");
  variable_ = SecretBuffer(name.size() + token.size() + 2);
  variable_.append(name).append('=').append(token.expose()).append('\0');
  if (variable_.size() > longest_variable())
    return fail(ErrorClass::output,
                "The access token has " + std::to_string(token.size()) +
                    " bytes, which are more than a variable can carry.",
                "Use --token-fd or --header-fd.");
  drop(name);
  environment_.insert(environment_.begin(), variable_.data());
  return {};
}

Result<void> Handover::add_descriptor(int number, std::string_view text) {
  Descriptor file(memfd_create("access token", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return no_descriptor(number, errno);
  if (const int error = write_all(file.get(), text); error != 0) return no_descriptor(number, error);
  (void)lseek(file.get(), 0, SEEK_SET);
  (void)fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
  // Out of the way of the numbers that are asked for: putting one in its place must not close another.
  Descriptor above(fcntl(file.get(), F_DUPFD_CLOEXEC, highest_ + 1));
  if (!above) return no_descriptor(number, errno);
  descriptors_.push_back({std::move(above), number});
  return {};
}

}  // namespace oauth_token::cli
