#include "counted.hpp"
#include "doctor/checks.hpp"
#include "output/record_output.hpp"
#include "output/token_output.hpp"
#include "request/sign_in_hint.hpp"

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

constexpr std::string_view state_check = "state-folder";
constexpr std::uint64_t least_space = std::uint64_t{1} << 20U;

Error store_error(const char* reason, std::string message, std::string hint) {
  return {.error_class = ErrorClass::store,
          .message = std::move(message),
          .hint = std::move(hint),
          .reason = reason};
}

/// The folder above that would have to be written to.
std::string existing_parent(std::string path) {
  while (path.size() > 1 && ::access(path.c_str(), F_OK) != 0)
    path.erase(std::max<std::size_t>(path.rfind('/'), 1));
  return path;
}

void check_missing(Examination& run, const std::string& path) {
  const std::string parent = existing_parent(path);
  if (::eaccess(parent.c_str(), W_OK | X_OK) != 0)
    return run.failed(state_check, store_error("denied",
                                               path + " cannot be made: " + parent + ": " +
                                                   std::generic_category().message(errno) + ".",
                                               "Make it, or set XDG_STATE_HOME to a place of your own."));
  run.list.ok(state_check, path + " is not there yet; the first sign-in makes it.");
}

void check_place(Examination& run, const std::string& path, std::size_t sessions) {
  struct stat status {};
  struct statfs system {};
  struct statvfs space {};
  if (::eaccess(path.c_str(), W_OK | X_OK) != 0)
    return run.failed(
        state_check,
        store_error("denied", path + " cannot be written to: " + std::generic_category().message(errno) + ".",
                    "Without that no token can be renewed: check its mode and its file system."));
  if (::statvfs(path.c_str(), &space) == 0 && space.f_blocks > 0 &&
      std::uint64_t{space.f_bavail} * space.f_frsize < least_space)
    return run.failed(state_check,
                      store_error("full", "There is no space left in " + path + ".",
                                  "Free some; no token is renewed whose successor could be lost."));
  if (::statfs(path.c_str(), &system) == 0)
    if (const auto remote = network_file_system(static_cast<unsigned long>(system.f_type)); !remote.empty())
      return run.list.warning(
          state_check,
          path + " is on " + std::string(remote) + ", whose locks do not always hold between machines.",
          "Set XDG_STATE_HOME to a local folder.");
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return run.list.warning(state_check, path + " can be looked into by other users.", "chmod 700 " + path);
  run.list.ok(state_check, path + " is safe and has space; it holds " + counted(sessions, "session") + ".");
}

void check_leftover(Examination& run, const SessionFolder& folder, const SessionRecord& record) {
  const std::string session = "Session \"" + record.name + "\"";
  const auto left = folder.leftover(record);
  if (!left) return run.failed("session", left.error());
  if (left->unanswered_since)
    run.list.warning("session",
                     session + ": a renewal that began at " + time_text(*left->unanswered_since) +
                         " ended before its answer came; the server may have replaced the refresh token.",
                     "oauth-token refresh " + record.name + " finds out.");
  if (left->unstored)
    run.list.warning("session",
                     session + ": the store did not take the last answer; it is kept in the journal.",
                     "Mend the store; then oauth-token token " + record.name + " puts it there.");
}

void check_session(Examination& run, const SessionFolder& folder, const SessionRecord& record) {
  const std::string session = "Session \"" + record.name + "\"";
  if (is_past_renewal(record))
    run.list.warning(
        "session",
        session + (record.failure
                       ? " cannot be renewed. The last renewal failed: " + record.failure->message
                       : " cannot be renewed: the server gave it no refresh token, or calls that invalid."),
        give_up_or_sign_in_again(run.settings, record));
  else if (record.failure)
    run.list.warning("session",
                     session + ": the last renewal, at " + time_text(record.failure->at) +
                         ", failed: " + record.failure->message,
                     "oauth-token refresh " + record.name + " tries again.");
  check_leftover(run, folder, record);
}

/// The sessions to look at: all, or the one that --session names.
Result<std::vector<SessionRecord>> chosen(const Examination& run,
                                          const std::optional<SessionFolder>& folder) {
  auto records = folder ? folder->list() : std::vector<SessionRecord>();
  if (!records || run.settings.origin("session") != Origin::flag) return records;
  std::erase_if(*records, [&](const SessionRecord& record) { return record.name != run.settings.session; });
  if (records->empty())
    return fail(ErrorClass::usage, "There is no session \"" + run.settings.session + "\".",
                "\"oauth-token list\" shows those there are.");
  return records;
}

}  // namespace

std::string_view network_file_system(unsigned long type) noexcept {
  switch (type) {
    case 0x6969:
      return "NFS";
    case 0x517b:
    case 0xff534d42:
    case 0xfe534d42:
      return "SMB";
    case 0x5346414f:
      return "AFS";
    case 0x01021997:
      return "9P";
    default:
      return {};
  }
}

std::vector<SessionRecord> check_state(Examination& run) {
  const auto path = SessionFolder::default_path();
  if (!path) {
    run.failed(state_check, path.error());
    return {};
  }
  struct stat status {};
  if (::lstat(path->c_str(), &status) != 0 && errno == ENOENT) {
    check_missing(run, *path);
    return {};
  }
  const auto folder = SessionFolder::find();
  auto records = folder ? chosen(run, *folder) : fail(folder.error());
  if (!records) {
    run.failed(state_check, records.error());
    return {};
  }
  check_place(run, *path, records->size());
  for (const SessionRecord& record : *records) {
    if (record.version != 0)
      check_session(run, **folder, record);
    else if (const auto why = (*folder)->load(record.name); !why)
      run.failed("session", why.error());
  }
  std::erase_if(*records, [](const SessionRecord& record) { return record.version == 0; });
  return std::move(*records);
}

}  // namespace oauth_token::cli
