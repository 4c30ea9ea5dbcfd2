#pragma once

#include <oauth_token/client_settings.hpp>
#include <oauth_token/dpop.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/grant.hpp>
#include <oauth_token/token.hpp>
#include <oauth_token/token_client.hpp>
#include <oauth_token/token_store.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oauth_token {
class SessionAccess;  // the library's own, not exported
}

#pragma GCC visibility push(default)
namespace oauth_token {

/// The public half of a session: `sessions/NAME.json` in the state folder. Holds no secret. Everything that
/// binds the session to its server is fixed at sign-in. Reading passes over members it does not know, writing
/// leaves them out: whoever adds a member that must not be lost raises the version.
struct SessionRecord {
  static constexpr int current_version = 1;  ///< of what this library writes

  int version = current_version;  ///< 0: it could not be read, see SessionFolder::list
  std::string id = {};            ///< 128 random bits, hexadecimal
  std::string name = {};          ///< letters, digits and . _ @ + -; not starting with a dot or a minus
  /// "keyring", "file" (in the state folder), "file:FOLDER", or "own": SessionOptions::store of an
  /// application. "none" at sign-in keeps nothing.
  std::string store = "keyring";
  std::string store_key_file = {};         ///< of a file store
  ClientSettings client = {};              ///< server and client
  std::string grant_type = "password";     ///< of the sign-in
  std::string username = {};               ///< empty: the grant has none
  std::vector<std::string> scope = {};     ///< asked for at sign-in
  std::vector<std::string> resource = {};  ///< the same (RFC 8707)
  /// Parameters without secrets that go out with every renewal too, in order.
  std::vector<std::pair<std::string, std::string>> parameters = {};
  std::uint64_t generation = 0;                ///< counts sign-in and renewals; equal in both halves
  std::chrono::sys_seconds signed_in_at = {};  ///< by this machine's clock
  std::chrono::sys_seconds renewed_at = {};    ///< the last time; at first: signed_in_at
  /// Nothing where the server did not say.
  std::optional<std::chrono::sys_seconds> access_token_expires_at = {};

  /// The last renewal that failed; whoever comes next before `not_before` gets the same answer without
  /// asking.
  struct Failure {
    std::chrono::sys_seconds at = {};          ///< when it failed
    std::chrono::sys_seconds not_before = {};  ///< when the server may be asked again
    std::string error_class = {};              ///< its name, see to_string(ErrorClass)
    std::string code = {};                     ///< Error::code
    std::string message = {};                  ///< Error::message
    int count = 0;                             ///< failures since the last success
  };
  std::optional<Failure> failure = {};  ///< nothing after a success
  /// The generation that has no refresh token, or one that the server called invalid; 0: none.
  std::uint64_t dead_generation = 0;
  /// The token endpoint's nonce for the next DPoP proof; empty: none.
  std::string dpop_nonce = {};
};

/// `usage` for a name that cannot be a session's. Thread-safe.
Result<void> check_session_name(std::string_view name);

/// Whether SessionRecord::store is "file" or "file:FOLDER". Thread-safe.
bool is_file_store(std::string_view store) noexcept;

/// Where such a store keeps its files: FOLDER, else `tokens` in the state folder; `state_folder` empty: the
/// default. Errors as SessionFolder::default_path. Thread-safe.
Result<std::string> file_store_folder(std::string_view store, const std::string& state_folder = {});

/// What the last renewal of a session left behind.
struct RenewalLeftover {
  bool under_way = false;  ///< another process is busy with the session; nothing more is known
  /// A refresh token was sent then, and its answer was never seen: the server may have replaced it.
  std::optional<std::chrono::sys_seconds> unanswered_since = {};
  bool unstored = false;  ///< the journal holds an answer that the next run puts into the store
};

/// The folder with the public halves: $XDG_STATE_HOME/oauth-token, else ~/.local/state/oauth-token. Folders
/// are made with mode 0700 and must belong to the effective user; files are replaced atomically with mode
/// 0600. Opened once as a descriptor; links are not followed. Thread-safe. Errors are of class `config` (a
/// folder or record that is not safe to use) or `store` (it cannot be read or written; a record of a newer
/// version).
class SessionFolder {
 public:
  /// What `open` takes when it is given no path; `config` where no variable says.
  static Result<std::string> default_path();
  /// `path` empty: the default. Made when it is missing.
  static Result<SessionFolder> open(const std::string& path = {});
  /// The same, but makes nothing: nothing where it is missing.
  static Result<std::optional<SessionFolder>> find(const std::string& path = {});
  SessionFolder(SessionFolder&&) noexcept;  ///< the other one may only be assigned to or destroyed after that
  SessionFolder& operator=(SessionFolder&&) noexcept;  ///< the same
  ~SessionFolder();

  /// In alphabetical order. A record that cannot be read has version 0 and its name alone; `load` says why.
  [[nodiscard]] Result<std::vector<SessionRecord>> list() const;
  /// Nothing when there is no session of that name; `usage` for a name that cannot be one.
  [[nodiscard]] Result<std::optional<SessionRecord>> load(std::string_view name) const;
  /// Creates or replaces; durable when it returns.
  [[nodiscard]] Result<void> save(const SessionRecord& record) const;
  /// Success also when there was nothing.
  [[nodiscard]] Result<void> remove(std::string_view name) const;
  /// Takes the session's lock for a moment, if it is free; blocks for nothing else.
  [[nodiscard]] Result<RenewalLeftover> leftover(const SessionRecord& record) const;
  [[nodiscard]] const std::string& path() const noexcept;  ///< the folder's

 private:
  friend class SessionAccess;
  struct [[gnu::visibility("hidden")]] State;
  explicit SessionFolder(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

/// How a session is worked with in one run.
struct SessionOptions {
  std::string state_folder = {};           ///< empty: the default
  std::shared_ptr<TokenStore> store = {};  ///< an application's own; empty: the one the record names
  KeyringOptions keyring = {};             ///< for the store "keyring"
  /// For a file store. The folder is the record's; so is `key_file` where neither it nor `key` is given.
  FileStoreOptions file = {};
  ClientRunOptions client = {};  ///< as for make_client
  /// A TokenSource keeps access tokens in the Linux kernel's keyring, too, in memory until they expire, and
  /// takes them from there without asking the store: no wall between programs of one user, and open while a
  /// desktop's keyring is locked. Never for root, for tokens bound to a key or longer than 4 KB.
  bool kernel_cache = false;
  /// In place of client.timeout for a refresh, a repetition included: losing its answer costs more than
  /// waiting for it.
  std::chrono::milliseconds refresh_timeout{60'000};
  /// Called with true before a refresh token is sent and with false once its answer is kept, from another
  /// thread: a program whose signals end it holds them back in between, lest the session be lost.
  std::function<void(bool begins)> critical_part = {};
};

/// What somebody asks of a session, to be compared with what it was signed in with. Members left empty ask
/// for nothing.
struct AskedBinding {
  ClientSettings client = {};   ///< server and client
  bool basic_encoding = false;  ///< `client` asks for its encoding even where that is the default, `form`
  std::string username = {};    ///< empty: whoever it is
  std::vector<std::string> scope = {};     ///< order and repetitions say nothing
  std::vector<std::string> resource = {};  ///< the same
};

/// A session that exists. Opening reads the public half only; neither network nor store is touched, no
/// folder is made. An object is for one thread at a time; several of the same session, in threads or
/// processes, do not disturb each other. They wait for each other by a lock that a child after fork has as
/// well, until it runs another program or ends: where the parent is killed in the middle of a renewal, others
/// wait for the child, too.
class Session {
 public:
  /// `reauthenticate` when there is no such session, naming those there are.
  static Result<Session> open(std::string_view name, SessionOptions options = {});
  Session(Session&&) noexcept;             ///< the other one may only be assigned to or destroyed after that
  Session& operator=(Session&&) noexcept;  ///< the same
  ~Session();

  /// The public half as it was when this object last read or wrote it.
  [[nodiscard]] const SessionRecord& record() const noexcept;
  /// `usage`, naming both values, when `asked` names another issuer, endpoint, client, authentication,
  /// encoding, CA, user, scope or resource than the session was signed in with. Error::reason is the name of
  /// the member that differs, e.g. "client_id".
  [[nodiscard]] Result<void> check_binding(const AskedBinding& asked) const;

  /// RFC 7009 for the refresh token, then the access token; forgets the session once the server said so.
  /// Takes the session's lock. Blocks. Errors as make_client, TokenClient::revoke and TokenStore;
  /// `reauthenticate` when the store has no tokens, or the session was removed or replaced in the meantime;
  /// `timeout` (reason "lock").
  Result<void> revoke(std::stop_token stop = {});
  /// Erases both halves without asking the server. Takes the session's lock. Blocks. Errors as
  /// TokenStore; `reauthenticate` when the session was removed or replaced in the meantime; `timeout` (reason
  /// "lock").
  Result<void> forget(std::stop_token stop = {});
  /// Moves the tokens to another store ("keyring", "file" or "file:FOLDER"): writes them there, reads them
  /// back, then erases them where they were, under the session's lock. Not a copy, since two stores with one
  /// rotating refresh token would poison each other. From one file store to another, SessionOptions::file has
  /// the new one's key; the old one's is the record's key file, else the same. `usage` where they are
  /// already. Where only the last step fails, the error is the store's and says so: the tokens were moved,
  /// and record() names the new store. Blocks.
  Result<void> move(const std::string& store, std::stop_token stop = {});
  /// RFC 7662 for the stored access token; the answer as TokenClient::introspect gives it, a JSON object.
  /// Takes no lock. Blocks. Errors as make_client, TokenClient::introspect and TokenStore; `reauthenticate`
  /// when the store has no access token.
  Result<Secret> introspect(std::stop_token stop = {});
  /// A proof for a request with the stored access token, which takes the place of the request's own (RFC 9449
  /// s7); renews nothing, sends nothing. Takes no lock. Blocks for the store. Errors as dpop_proof,
  /// SigningKey::read and TokenStore; `reauthenticate` when the store has no access token or no key;
  /// `config`, `protocol` for tokens that are not bound to a key. See TokenSource::authorize.
  Result<Secret> dpop_proof(DpopRequest request, std::stop_token stop = {});

 private:
  friend class SessionAccess;
  struct [[gnu::visibility("hidden")]] State;
  explicit Session(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

/// Signing in, in two steps, so that everything that can fail fails before a person types the password:
/// `prepare` checks the name, an existing session of that name (`usage`, unless it has the same endpoint,
/// client, user, scope and resource, or `replace`), completes endpoints by discovery, reads the client
/// secret, and probes the store; `request` sends the grant once, keeps the tokens (secret half first, read
/// back, then the public half) and returns the token. A key that is made for DPoP is kept before anything is
/// sent with it, and goes again where no token was issued and there was no session before. An object is for
/// one thread at a time. Errors of `prepare` beside `usage`: as SessionFolder::open, make_client and
/// TokenStore::probe.
class SignIn {
 public:
  /// The first step. Blocks: discovery, the client secret's source, the store; may ask for a passphrase.
  static Result<SignIn> prepare(SessionRecord wanted, bool replace, SessionOptions options = {},
                                std::stop_token stop = {});
  SignIn(SignIn&&) noexcept;             ///< the other one may only be assigned to or destroyed after that
  SignIn& operator=(SignIn&&) noexcept;  ///< the same
  ~SignIn();

  /// Blocks: locks, the request, the store. May be called again after class `credentials`, e.g. by a prompt.
  /// When the token was issued but could not be kept, the error is of class `store` and `take_unkept_token`
  /// has the token. The grant's user name becomes the record's.
  Result<Token> request(Grant grant, std::stop_token stop = {});
  /// Once, after such an error; nothing otherwise.
  [[nodiscard]] std::optional<Token> take_unkept_token();
  /// The wanted record, completed by what was found.
  [[nodiscard]] const SessionRecord& record() const noexcept;

 private:
  struct [[gnu::visibility("hidden")]] State;
  explicit SignIn(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

/// Whether the two records would be the same session: endpoint, client, user, scope and resource. When not:
/// the name of what differs with both values, for a message.
std::optional<std::string> difference(const SessionRecord& existing, const SessionRecord& wanted);

}  // namespace oauth_token
#pragma GCC visibility pop
