#include "process.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace oauth_token::cli {

namespace {

rlimit core_at_start{0, 0};
bool opened_by_us[3] = {};
char* key_log = nullptr;
bool no_child_s_end = false;  // SIGCHLD was ignored

// The upper limit stays: who may not raise it could not put it back.
void allow_no_core() noexcept {
  const rlimit none{0, core_at_start.rlim_max};
  (void)setrlimit(RLIMIT_CORE, &none);
}

/// Calls `visit` for each open descriptor above 2; false when the system does not tell.
template <class Visit>
bool for_each_descriptor(const Visit& visit) {
  struct Close {
    void operator()(DIR* folder) const noexcept { closedir(folder); }
  };
  const std::unique_ptr<DIR, Close> folder(opendir("/proc/self/fd"));
  if (!folder) return false;
  for (;;) {
    errno = 0;
    const dirent* const entry = readdir(folder.get());
    if (entry == nullptr) return errno == 0;
    const std::string_view name(&entry->d_name[0]);
    int descriptor = 0;  // "." and ".." leave it so
    (void)std::from_chars(name.data(), name.data() + name.size(), descriptor);
    if (descriptor > 2 && descriptor != dirfd(folder.get())) visit(descriptor);
  }
}

void close_on_exec(int descriptor) noexcept { (void)fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

}  // namespace

void protect_process() noexcept {
  (void)getrlimit(RLIMIT_CORE, &core_at_start);
  allow_no_core();
  (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) != -1) continue;
    // The wrong way round, so that reading and writing fail as they do on a closed descriptor.
    (void)open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
    opened_by_us[descriptor] = true;
  }
}

void set_inheritance_right() noexcept {
  constexpr std::string_view name = "SSLKEYLOGFILE=";
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    if (std::string_view(*entry).starts_with(name)) key_log = *entry;
  (void)unsetenv("SSLKEYLOGFILE");  // NOLINT(concurrency-mt-unsafe)
  no_child_s_end = std::signal(SIGCHLD, SIG_DFL) == SIG_IGN;
}

char* key_log_variable() noexcept { return key_log; }

StartState::StartState() noexcept {
  (void)setrlimit(RLIMIT_CORE, &core_at_start);
  if (no_child_s_end) (void)std::signal(SIGCHLD, SIG_IGN);
}

StartState::~StartState() {
  allow_no_core();
  if (no_child_s_end) (void)std::signal(SIGCHLD, SIG_DFL);
}

std::optional<std::vector<int>> inherited_descriptors() {
  std::vector<int> inherited;
  const bool known = for_each_descriptor([&](int descriptor) {
    const int flags = fcntl(descriptor, F_GETFD);
    if (flags != -1 && (flags & FD_CLOEXEC) == 0) inherited.push_back(descriptor);
  });
  return known ? std::optional(std::move(inherited)) : std::nullopt;
}

void close_others_on_exec(const std::optional<std::vector<int>>& inherited) {
  if (inherited) {
    for_each_descriptor([&](int descriptor) {
      if (std::find(inherited->begin(), inherited->end(), descriptor) == inherited->end())
        close_on_exec(descriptor);
    });
  }
  for (int descriptor = 0; descriptor <= 2; ++descriptor)
    if (opened_by_us[descriptor]) close_on_exec(descriptor);
}

SecretVariables take_secret_variables(char** environment) {
  SecretVariables taken;
  const std::pair<std::string_view, std::optional<Secret>*> wanted[] = {
      {"OAUTH_TOKEN_PASSWORD=", &taken.password},
      {"OAUTH_TOKEN_CLIENT_SECRET=", &taken.client_secret},
      {"OAUTH_TOKEN_SIGNING_KEY_PASSPHRASE=", &taken.signing_key_passphrase},
      {"OAUTH_TOKEN_TLS_KEY_PASSPHRASE=", &taken.tls_key_passphrase},
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
