#pragma once

#include "base/folder.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/session.hpp>

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

namespace oauth_token {

struct SessionFolder::State {
  Folder root;
  Folder sessions;
};

/// What every operation on a session needs.
struct OpenSession {
  SessionFolder folder;
  SessionRecord record;
  SessionOptions options;
  std::shared_ptr<TokenStore> store = {};  ///< see store_of
  std::string store_name = {};             ///< as the record had it when `store` was opened
};

struct Session::State : OpenSession {
  /// In place: a record is 1.2 KB.
  State(SessionFolder&& where, SessionRecord&& what, SessionOptions&& how) noexcept
      : OpenSession{std::move(where), std::move(what), std::move(how)} {}
};

/// What the other files of this room see of the public classes.
class SessionAccess {
 public:
  static OpenSession& open(Session& session) noexcept { return *session.state_; }
  static const Folder& root(const SessionFolder& folder) noexcept { return folder.state_->root; }
  static const Folder& sessions(const SessionFolder& folder) noexcept { return folder.state_->sessions; }
};

/// The store that a record names, opened; `file` has the key and what is allowed of a file store.
Result<std::shared_ptr<TokenStore>> open_store(const SessionRecord& record, const SessionFolder& folder,
                                               const SessionOptions& options, const FileStoreOptions& file);

/// A copy for one client more.
ClientRunOptions copy(const ClientRunOptions& options);
/// A copy for one sign-in more.
SessionOptions copy(const SessionOptions& options);

/// What the store shows of a session.
StoreItem store_item(const SessionRecord& record, std::uint64_t generation);

}  // namespace oauth_token
