#include "sandbox.hpp"

#include "commands.hpp"
#include "output/output.hpp"

#include <oauth_token/signing_key.hpp>

#include <algorithm>
#include <cstdint>

#include <sys/syscall.h>
#if defined(OAUTH_TOKEN_SANDBOX) && defined(SYS_landlock_create_ruleset) && __has_include(<linux/landlock.h>)
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <unistd.h>
#define OAUTH_TOKEN_LANDLOCK
#endif

namespace oauth_token::cli {
namespace {

constexpr bool takes(const Command& command, Group group) noexcept {
  return (command.groups & static_cast<unsigned>(group)) != 0;
}

bool keeps_nothing(const Settings& settings) noexcept {
  const Command& command = *settings.command;
  if (!takes(command, Group::server) || output_form(settings) == "github") return false;
  return takes(command, Group::user) ? settings.value("store") == "none" : !takes(command, Group::session);
}

bool runs_foreign_code(const Settings& settings, OptionName name) noexcept {
  if (!settings.given(name)) return false;
  const Option& option = option_table[name.index()];
  return option.has(runs_code) || std::ranges::any_of(settings.list(name), is_key_in_token);
}

#ifdef OAUTH_TOKEN_LANDLOCK

// Of the third version, and not in every header.
constexpr std::uint64_t access_fs_truncate = 1ULL << 14U;
constexpr std::uint64_t access_fs_refer = 1ULL << 13U;

constexpr std::uint64_t refused_by(int version) noexcept {
  std::uint64_t refused =
      LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
      LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
      LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
      LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
  if (version >= 2) refused |= access_fs_refer;
  if (version >= 3) refused |= access_fs_truncate;
  return refused;
}

// What is not there needs no permission.
void let_write(int rules, const char* path) noexcept {
  const int file = ::open(path, O_PATH | O_CLOEXEC);
  if (file < 0) return;
  const landlock_path_beneath_attr rule{.allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE, .parent_fd = file};
  (void)::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0U);
  ::close(file);
}

#endif

}  // namespace

bool is_self_contained(const Settings& settings) noexcept {
  if (!keeps_nothing(settings)) return false;
  for (std::size_t i = 0; i < option_count; ++i)
    if (runs_foreign_code(settings, OptionName(i))) return false;
  return true;
}

#ifdef OAUTH_TOKEN_LANDLOCK

int landlock_version() noexcept {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0}, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

bool shut_in() noexcept {
  const int version = landlock_version();
  if (version == 0) return false;
  landlock_ruleset_attr wanted{};
  wanted.handled_access_fs = refused_by(version);
  const int rules =
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &wanted, sizeof wanted.handled_access_fs, 0U));
  if (rules < 0) return false;
  let_write(rules, "/dev/tty");
  let_write(rules, "/dev/null");
  const bool shut =
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::syscall(SYS_landlock_restrict_self, rules, 0U) == 0;
  ::close(rules);
  return shut;
}

#else

int landlock_version() noexcept { return 0; }
bool shut_in() noexcept { return false; }

#endif

}  // namespace oauth_token::cli
