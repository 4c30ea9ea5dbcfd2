#include "doctor/checks.hpp"

#include <oauth_token/secret.hpp>

#include <string>

#include <sys/resource.h>

namespace oauth_token::cli {
namespace {

// As much as a request with large tokens holds at once.
constexpr std::size_t wanted = std::size_t{256} * 1024;

std::string limit_in_words() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return "no limit";
  return "limit " + std::to_string(limit.rlim_cur / 1024) + " KiB";
}

}  // namespace

void check_memory(Examination& run) {
  const SecretBuffer trial(wanted);
  if (secret_memory_is_locked())
    return run.list.ok("memory", "Secrets are locked in memory (" + limit_in_words() + ").");
  run.list.warning("memory",
                   "Memory cannot be locked (" + limit_in_words() + "): secrets may get into the swap space.",
                   "Raise the limit to 1024 KiB: ulimit -l, memlock in limits.conf, or LimitMEMLOCK= of a "
                   "systemd unit.");
}

}  // namespace oauth_token::cli
