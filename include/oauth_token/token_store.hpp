#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)
namespace oauth_token {

/// What a store may show to other programs of this user, beside the secret value.
struct StoreItem {
  std::string id = {};           ///< unique; letters, digits and . _ : / % -
  std::uint64_t generation = 0;  ///< counts the saves of a session; authenticated by the file store
  std::string name = {};         ///< session name
  std::string issuer = {};       ///< or the token endpoint's origin
  std::string client_id = {};    ///< empty: none
  std::string username = {};     ///< empty: none
};

/// How many bytes of a session one item holds at most: four times the largest token response, since what is
/// one character there may be an escape here.
inline constexpr std::size_t store_value_limit = std::size_t{4} * 1024 * 1024;

/// Where secret halves of sessions are kept. Five verbs; locking between processes is not a store's business.
/// An application's own derives from this, and is called from any thread, the library's too, even at the same
/// time. All calls block, end at the store's own deadline with class `store` and Error::reason "absent",
/// "locked", "timeout", "dismissed", "full", "damaged", "newer", "key" or "denied", stopped: `interrupted`.
class TokenStore {
 public:
  TokenStore() = default;
  TokenStore(const TokenStore&) = delete;
  TokenStore& operator=(const TokenStore&) = delete;
  virtual ~TokenStore() = default;

  /// Nothing when there is no such item; a locked store is an error, never "nothing".
  virtual Result<std::optional<Secret>> load(std::string_view id, std::stop_token stop) = 0;
  /// Creates or replaces; returns when the store said that it is done. `value` has at most store_value_limit
  /// bytes.
  virtual Result<void> save(const StoreItem& item, const Secret& value, std::stop_token stop) = 0;
  /// Success also when there was nothing.
  virtual Result<void> erase(std::string_view id, std::stop_token stop) = 0;
  /// The ids of all items, in any order.
  virtual Result<std::vector<std::string>> list(std::stop_token stop) = 0;
  /// Whether a save would work now, without changing anything: asked before a password is sent.
  virtual Result<void> probe(std::stop_token stop) = 0;
};

/// Keeps everything in this process. Thread-safe.
std::shared_ptr<TokenStore> make_memory_store();

/// How the keyring is called.
struct KeyringOptions {
  std::chrono::milliseconds timeout{
      5'000};  ///< for each call; it stands still while an unlock dialog is open
  /// A person is there: the keyring may show its dialogs, 120 s each at most. Any call then unlocks it;
  /// saving and probing make one where there is none.
  bool may_prompt = false;
  /// How the hint of an error ends: what to do where no keyring can be had.
  std::string instead = "sign in with --store file --store-key-file FILE: sealed files keep the session";
};

/// The Secret Service of the desktop (libsecret). Loads the keyring module on first use; without it: class
/// `store`, reason "absent", naming the package. Thread-safe.
Result<std::shared_ptr<TokenStore>> open_keyring_store(const KeyringOptions& options = {});

/// Where sealed files are, and what opens them.
struct FileStoreOptions {
  std::string folder = {};  ///< absolute; made with mode 0700 when it is missing
  /// `base64:` and 32 bytes in base64, `passphrase:` and a passphrase (0.3 s and 128 MiB for each session and
  /// process), or base64 without a prefix. Empty: `key_file`.
  Secret key = {};
  std::string key_file = {};     ///< holds the same text; read when the key is first needed
  bool allow_plaintext = false;  ///< read what is not sealed and, without a key, write it
};

/// Sealed files (AES-256-GCM), one for each item, on machines without a keyring. A file that does not open is
/// never written over. Opening needs no key, nor do list and erase. Thread-safe. Class `config` for a folder
/// or file that is not safe to use and for a key that is none.
Result<std::shared_ptr<TokenStore>> open_file_store(FileStoreOptions options);

/// Whether the item of a file store is sealed, not in plain text; nothing when there is none. Needs no key,
/// makes no folder. Blocks for the disk. Errors as open_file_store, TokenStore::load. Thread-safe.
Result<std::optional<bool>> is_sealed(const std::string& folder, std::string_view id);

}  // namespace oauth_token
#pragma GCC visibility pop
