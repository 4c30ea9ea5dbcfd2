#pragma once

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Root becomes `user`, of whose former rights one is left: to pass folders that let nobody pass, as the
/// machine's root folder need not let everybody. Who is not root stays who they are. For a child process.
inline bool become(uid_t user) {
  if (::geteuid() != 0) return true;
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || ::setgroups(0, nullptr) != 0 ||
      ::setresgid(user, user, user) != 0 || ::setresuid(user, user, user) != 0)
    return false;
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct rights[_LINUX_CAPABILITY_U32S_3]{};
  rights[0].effective = rights[0].permitted = 1U << CAP_DAC_READ_SEARCH;
  return ::syscall(SYS_capset, &header, &rights[0]) == 0;
}
