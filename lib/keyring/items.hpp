#pragma once

#include "keyring/call.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/token_store.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token {

/// The verbs of a TokenStore within one call. Whatever is locked is unlocked first, by a person if one may be
/// asked.
Result<std::optional<Secret>> load_item(Call& call, std::string_view id);
Result<void> save_item(Call& call, const StoreItem& item, const Secret& secret);
Result<void> erase_item(Call& call, std::string_view id);
Result<std::vector<std::string>> list_items(Call& call);
/// Makes sure that something could be saved. A person may make the default keyring if it is missing.
Result<void> open_default_collection(Call& call);

}  // namespace oauth_token
