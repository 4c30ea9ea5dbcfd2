#include "process.hpp"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace oauth_token::cli {

void protect_process() noexcept {
  const rlimit none{0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
  (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) != -1) continue;
    // The wrong way round, so that reading and writing fail as they do on a closed descriptor.
    (void)open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
  }
}

void set_inheritance_right() noexcept {
  (void)unsetenv("SSLKEYLOGFILE");  // NOLINT(concurrency-mt-unsafe)
  (void)std::signal(SIGCHLD, SIG_DFL);
}

SecretVariables take_secret_variables(char** environment) {
  SecretVariables taken;
  const std::pair<std::string_view, std::optional<Secret>*> wanted[] = {
      {"OAUTH_TOKEN_PASSWORD=", &taken.password},
      {"OAUTH_TOKEN_CLIENT_SECRET=", &taken.client_secret},
      {"OAUTH_TOKEN_REFRESH_TOKEN=", &taken.refresh_token},
      {"OAUTH_TOKEN_STORE_KEY=", &taken.store_key},
  };
  char** kept = environment;
  for (char** entry = environment; *entry != nullptr; ++entry) {
    bool secret = false;
    if (std::strncmp(*entry, "OAUTH_TOKEN_", 12) == 0) {
      for (const auto& [prefix, place] : wanted) {
        if (std::strncmp(*entry, prefix.data(), prefix.size()) != 0) continue;
        char* const value = *entry + prefix.size();
        if (!place->has_value()) place->emplace(std::string_view(value));
        explicit_bzero(value, std::strlen(value));
        secret = true;
      }
    }
    if (!secret) *kept++ = *entry;
  }
  *kept = nullptr;
  return taken;
}

}  // namespace oauth_token::cli
