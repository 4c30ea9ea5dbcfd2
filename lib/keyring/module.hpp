#pragma once

#include <oauth_token/token_store.hpp>

#include <memory>

namespace oauth_token {

/// What the keyring module exports.
struct KeyringModule {
  const char* version;
  std::shared_ptr<TokenStore> (*open)(const KeyringOptions& options);
};

}  // namespace oauth_token

extern "C" __attribute__((visibility("default"))) const oauth_token::KeyringModule*
oauth_token_keyring_module();
