#include "libraries.hpp"

#include "base/module.hpp"

#include <cstdlib>
#include <string_view>
#include <utility>

#include <dlfcn.h>

namespace oauth_token::cli {
namespace {

constexpr const char* suppressing_variable = "GNUTLS_NO_IMPLICIT_INIT";
bool told_to_wait = false;  // by us

// Ends with nothing: there may be none.
constexpr const char* opened_first[] = {OAUTH_TOKEN_LIBRARIES_OPENED_FIRST nullptr};

// NOLINTBEGIN(concurrency-mt-unsafe): nobody else reads or changes the environment while a module is opened

void make_gnutls_ready() noexcept {
  void* const library = dlopen("libgnutls.so.30", RTLD_LAZY | RTLD_NOLOAD);
  if (library == nullptr) return;
  if (void* const entry = dlsym(library, "gnutls_global_init")) (void)reinterpret_cast<int (*)()>(entry)();
  dlclose(library);
}

void begins(std::string_view module) noexcept {
  if (module == "keyring") make_gnutls_ready();
  if (module != "http") return;
  told_to_wait = std::getenv(suppressing_variable) == nullptr && setenv(suppressing_variable, "1", 1) == 0;
  for (const char* const library : opened_first)
    if (library != nullptr) (void)dlopen(library, RTLD_LAZY | RTLD_LOCAL);
}

void ended(std::string_view /*module*/) noexcept {
  if (std::exchange(told_to_wait, false)) (void)unsetenv(suppressing_variable);
}

// NOLINTEND(concurrency-mt-unsafe)

}  // namespace

void open_libraries_well() noexcept { around_module_opening({.begins = begins, .ended = ended}); }

}  // namespace oauth_token::cli
