#pragma once

#include <oauth_token/token_store.hpp>

#include <memory>

namespace oauth_token {

/// An application's own store, of which exceptions are errors of class `store`: the refresh token is then
/// kept elsewhere, as after any failure of a store.
std::shared_ptr<TokenStore> guarded_store(std::shared_ptr<TokenStore> own);

}  // namespace oauth_token
