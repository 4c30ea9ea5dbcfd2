#pragma once

#include <oauth_token/error.hpp>

#include <string>
#include <string_view>

namespace oauth_token {

/// Opens the module `name` ("http", "keyring", "crypto") once and returns the address of its entry function
/// `oauth_token_NAME_module`. libcurl alone brings 31 shared libraries and 11 M instructions of symbol
/// look-up, and most runs need none of it: what loads it is a file of its own, opened by absolute path on
/// first use and never closed.
///
/// Binding a symbol late saves the vector registers, and with them pieces of secrets, on the stack. So all of
/// them are bound at once; or late, where that saves much (a sixth of a whole request for libcurl) and the
/// module wipes those registers whenever a library beneath it has had a secret in its hands. The module
/// itself is linked to bind at once.
enum class Binding { at_once, late };
Result<void*> open_module(std::string_view name, Binding binding);

/// What the program does around the opening of a module, on the thread that opens it: it may know more of its
/// own process than a library can take for granted. Set before the first module is opened; for one program.
struct ModuleOpening {
  void (*begins)(std::string_view name) noexcept;
  void (*ended)(std::string_view name) noexcept;
};
void around_module_opening(const ModuleOpening& opening) noexcept;

/// The table of functions that a module exports. Its first member is `const char* version`: a module of
/// another minor version is refused.
template <class Table>
Result<const Table*> load_module(std::string_view name, Binding binding = Binding::at_once) {
  auto entry = open_module(name, binding);
  if (!entry) return tl::unexpected<Error>(std::move(entry.error()));
  const auto* const table = reinterpret_cast<const Table* (*)()>(*entry)();
  if (std::string_view(table->version) != OAUTH_TOKEN_INTERFACE)
    return fail(ErrorClass::internal,
                "The module \"" + std::string(name) + "\" is of version " + table->version +
                    ", this program of version " OAUTH_TOKEN_INTERFACE ".",
                "Install both from the same package.");
  return table;
}

}  // namespace oauth_token
