#pragma once

#include <oauth_token/error.hpp>

#include <string>
#include <string_view>

namespace oauth_token {

/// Opens the module `name` ("http", "keyring", "crypto") once and returns the address of its entry function
/// `oauth_token_NAME_module`. libcurl alone brings 31 shared libraries and 11 M instructions of symbol
/// look-up, and most runs need none of it: what loads it is a file of its own, opened by absolute path on
/// first use and never closed.
Result<void*> open_module(std::string_view name);

/// The table of functions that a module exports. Its first member is `const char* version`: a module of
/// another version is refused.
template <class Table>
Result<const Table*> load_module(std::string_view name) {
  auto entry = open_module(name);
  if (!entry) return tl::unexpected<Error>(std::move(entry.error()));
  const auto* const table = reinterpret_cast<const Table* (*)()>(*entry)();
  if (std::string_view(table->version) != OAUTH_TOKEN_VERSION)
    return fail(ErrorClass::internal,
                "The module \"" + std::string(name) + "\" is of version " + table->version +
                    ", this program of version " OAUTH_TOKEN_VERSION ".",
                "Install both from the same package.");
  return table;
}

}  // namespace oauth_token
