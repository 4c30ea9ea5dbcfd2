#include "base/folder.hpp"

#include "session/journal.hpp"
#include "session/lock.hpp"
#include "session/open_session.hpp"
#include "session/record.hpp"

#include <oauth_token/session.hpp>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace oauth_token {
namespace {

constexpr std::size_t record_limit = std::size_t{1} << 20U;
constexpr std::string_view record_suffix = ".json";

std::string file_of(std::string_view name) { return std::string(name) + std::string(record_suffix); }

}  // namespace

SessionFolder::SessionFolder(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
SessionFolder::SessionFolder(SessionFolder&&) noexcept = default;
SessionFolder& SessionFolder::operator=(SessionFolder&&) noexcept = default;
SessionFolder::~SessionFolder() = default;

Result<std::string> SessionFolder::default_path() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): read only
  if (const char* const state = std::getenv("XDG_STATE_HOME"); state != nullptr && state[0] == '/')
    return std::string(state) + "/oauth-token";
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  if (const char* const home = std::getenv("HOME"); home != nullptr && home[0] == '/')
    return std::string(home) + "/.local/state/oauth-token";
  return fail(ErrorClass::config,
              "Neither XDG_STATE_HOME nor HOME names the folder that sessions are kept in.",
              "Set HOME, or XDG_STATE_HOME to an absolute path.");
}

Result<SessionFolder> SessionFolder::open(const std::string& path) {
  auto place = path.empty() ? default_path() : Result<std::string>(path);
  if (!place) return fail(std::move(place.error()));
  auto root = Folder::open(*place);
  if (!root) return fail(std::move(root.error()));
  auto sessions = root->inside("sessions");
  if (!sessions) return fail(std::move(sessions.error()));
  return SessionFolder(std::make_unique<State>(State{std::move(*root), std::move(*sessions)}));
}

Result<std::optional<SessionFolder>> SessionFolder::find(const std::string& path) {
  auto place = path.empty() ? default_path() : Result<std::string>(path);
  if (!place) return fail(std::move(place.error()));
  auto root = Folder::find(*place);
  if (!root) return fail(std::move(root.error()));
  if (!*root) return std::nullopt;
  auto sessions = (*root)->find_inside("sessions");
  if (!sessions) return fail(std::move(sessions.error()));
  if (!*sessions) return std::nullopt;
  return SessionFolder(std::make_unique<State>(State{std::move(**root), std::move(**sessions)}));
}

Result<std::vector<SessionRecord>> SessionFolder::list() const {
  auto names = state_->sessions.names();
  if (!names) return fail(std::move(names.error()));
  std::vector<SessionRecord> records;
  for (const std::string& file : *names) {
    if (!file.ends_with(record_suffix)) continue;
    const std::string name = file.substr(0, file.size() - record_suffix.size());
    if (!check_session_name(name)) continue;
    auto record = load(name);
    if (!record)
      records.push_back(SessionRecord{.version = 0, .name = name});
    else if (*record)
      records.push_back(std::move(**record));
  }
  return records;
}

Result<std::optional<SessionRecord>> SessionFolder::load(std::string_view name) const {
  if (auto fits = check_session_name(name); !fits) return fail(std::move(fits.error()));
  auto text = state_->sessions.read(file_of(name), record_limit);
  if (!text) return fail(std::move(text.error()));
  if (!*text) return std::nullopt;
  const std::string place = state_->sessions.path() + "/" + file_of(name);
  auto record = record_from_json(std::move(**text), place);
  if (!record) return fail(std::move(record.error()));
  if (record->name != name)
    return fail(Error{.error_class = ErrorClass::store,
                      .message = place + " is the record of another session, \"" + record->name + "\".",
                      .hint = "Give the file its old name back.",
                      .reason = "damaged"});
  return std::move(*record);
}

Result<void> SessionFolder::save(const SessionRecord& record) const {
  if (auto fits = check_session_name(record.name); !fits) return fits;
  return state_->sessions.replace(file_of(record.name), to_json(record));
}

Result<void> SessionFolder::remove(std::string_view name) const {
  if (auto fits = check_session_name(name); !fits) return fits;
  return state_->sessions.remove(file_of(name));
}

Result<RenewalLeftover> SessionFolder::leftover(const SessionRecord& record) const {
  const auto lock = lock_session(state_->root, record.id, record.name, std::chrono::steady_clock::now(), {});
  if (!lock && lock.error().reason == "lock") return RenewalLeftover{.under_way = true};
  if (!lock) return fail(lock.error());
  const auto journal = Journal::open(state_->root, record.id);
  if (!journal) return fail(journal.error());
  const auto unanswered = journal->unanswered();
  if (!unanswered) return fail(unanswered.error());
  const auto unstored = journal->has_unstored_answer();
  if (!unstored) return fail(unstored.error());
  RenewalLeftover left{.unstored = *unstored};
  if (*unanswered) left.unanswered_since = (*unanswered)->since;
  return left;
}

const std::string& SessionFolder::path() const noexcept { return state_->root.path(); }

}  // namespace oauth_token
