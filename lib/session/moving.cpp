#include "session/locked_session.hpp"
#include "session/open_session.hpp"
#include "session/record.hpp"
#include "session/secret_half.hpp"

#include <oauth_token/session.hpp>

#include <memory>
#include <string>
#include <utility>

#include <sys/stat.h>

namespace oauth_token {
namespace {

// With other keys than those of this run.
Result<std::shared_ptr<TokenStore>> open_with(const OpenSession& session, const SessionRecord& record,
                                              FileStoreOptions keys) {
  keys.allow_plaintext = session.options.file.allow_plaintext;
  return open_store(record, session.folder, session.options, keys);
}

// Where the tokens go, both file stores: a key file of this run is the new store's; the old one's stands in
// the record, unless it came as a text with each run.
Result<std::shared_ptr<TokenStore>> open_old(const OpenSession& session) {
  const FileStoreOptions& run = session.options.file;
  if (!session.record.store_key_file.empty()) return open_with(session, session.record, {});
  if (!run.key.empty()) return open_with(session, session.record, {.key = run.key.copy()});
  return open_with(session, session.record, {.key_file = run.key_file});
}

Result<std::shared_ptr<TokenStore>> open_new(const OpenSession& session, SessionRecord& moved) {
  const FileStoreOptions& run = session.options.file;
  if (!is_file_store(moved.store)) {
    moved.store_key_file.clear();
    return open_with(session, moved, {});
  }
  if (!run.key_file.empty()) {
    moved.store_key_file = run.key_file;
    return open_with(session, moved, {.key_file = run.key_file});
  }
  if (run.key.empty()) return open_with(session, moved, {});
  moved.store_key_file.clear();
  return open_with(session, moved, {.key = run.key.copy()});
}

// Whatever the two are called: what is erased in the one must not be what was saved in the other.
bool is_same_place(const SessionFolder& folder, const std::string& one, const std::string& other) {
  if (one == other) return true;
  if (!is_file_store(one) || !is_file_store(other)) return false;
  const auto first = file_store_folder(one, folder.path());
  const auto second = file_store_folder(other, folder.path());
  struct stat status_of_first {};
  struct stat status_of_second {};
  return first && second && ::stat(first->c_str(), &status_of_first) == 0 &&
         ::stat(second->c_str(), &status_of_second) == 0 &&
         status_of_first.st_dev == status_of_second.st_dev &&
         status_of_first.st_ino == status_of_second.st_ino;
}

}  // namespace

Result<void> Session::move(const std::string& store, std::stop_token stop) {
  const std::string& name = state_->record.name;
  if (state_->options.store || store == "own" || !is_store_name(store))
    return fail(ErrorClass::usage,
                "The tokens of session \"" + name + "\" cannot be moved to \"" + store + "\".",
                "Use keyring, file or file:FOLDER (an absolute path).");
  if (auto done = reload(*state_); !done) return done;
  if (is_file_store(store) && is_file_store(state_->record.store)) {
    auto old = open_old(*state_);
    if (!old) return fail(std::move(old.error()));
    state_->store = std::move(*old);
    state_->store_name = state_->record.store;
  }
  auto recovered = lock_and_recover(*state_, stop);
  if (!recovered) return fail(std::move(recovered.error()));
  if (!recovered->half) return no_tokens(name);
  SessionRecord moved = recovered->record;
  moved.store = store;
  auto target = open_new(*state_, moved);
  if (!target) return fail(std::move(target.error()));
  if (is_same_place(state_->folder, recovered->record.store, store))
    return fail(ErrorClass::usage, "The tokens of session \"" + name + "\" are in that store already.");
  if (auto saved = save_half(**target, moved, *recovered->half, stop); !saved) return saved;
  if (auto saved = state_->folder.save(moved); !saved) {
    // A save can have taken effect and fail behind that: what the record names must stay.
    const auto now = state_->folder.load(name);
    if (now && *now && (*now)->store == recovered->record.store) [[maybe_unused]]
      const auto erased = (*target)->erase(moved.id, {});
    else
      saved.error().hint += " The tokens are now in both stores; move them again once that is mended.";
    return saved;
  }
  const auto source = std::exchange(state_->store, std::move(*target));
  state_->store_name = store;
  state_->record = std::move(moved);
  auto erased = source->erase(state_->record.id, {});
  if (!erased)
    erased.error().message =
        "The tokens were moved, but could not be erased where they were: " + erased.error().message;
  return erased;
}

}  // namespace oauth_token
