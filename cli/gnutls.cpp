#include "gnutls.hpp"

#include "base/module.hpp"

#include <cstdlib>
#include <string_view>

#include <dlfcn.h>

namespace oauth_token::cli {
namespace {

constexpr const char* variable = "GNUTLS_NO_IMPLICIT_INIT";
bool told_to_wait = false;  // by us

// NOLINTBEGIN(concurrency-mt-unsafe): nobody else reads or changes the environment while a module is opened

void make_gnutls_ready() noexcept {
  void* const library = dlopen("libgnutls.so.30", RTLD_LAZY | RTLD_NOLOAD);
  if (library == nullptr) return;
  if (void* const entry = dlsym(library, "gnutls_global_init")) (void)reinterpret_cast<int (*)()>(entry)();
  dlclose(library);
}

void begins(std::string_view module) noexcept {
  if (module == "keyring") make_gnutls_ready();
  told_to_wait = module == "http" && std::getenv(variable) == nullptr && setenv(variable, "1", 1) == 0;
}

void ended(std::string_view /*module*/) noexcept {
  if (told_to_wait) (void)unsetenv(variable);
}

// NOLINTEND(concurrency-mt-unsafe)

}  // namespace

void keep_gnutls_waiting() noexcept { around_module_opening({.begins = begins, .ended = ended}); }

}  // namespace oauth_token::cli
