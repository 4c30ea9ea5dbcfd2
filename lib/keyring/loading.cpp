#include "base/module.hpp"
#include "keyring/module.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/token_store.hpp>

#include <memory>

namespace oauth_token {

Result<std::shared_ptr<TokenStore>> open_keyring_store(const KeyringOptions& options) {
  static const Result<const KeyringModule*> loaded = load_module<KeyringModule>("keyring");
  if (loaded) return (*loaded)->open(options);
  Error error = loaded.error();
  error.error_class = ErrorClass::store;
  error.reason = "absent";
  error.hint =
      "Install the keyring module of oauth-token together with libsecret (package libsecret-1-0), or choose "
      "another store.";
  return fail(std::move(error));
}

}  // namespace oauth_token
