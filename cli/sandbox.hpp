#pragma once

#include "options/settings.hpp"

namespace oauth_token::cli {

/// Whether the run keeps nothing and starts no program: no session, no file to write, no command for a
/// secret, no token of hardware, whose module may do either.
bool is_self_contained(const Settings& settings) noexcept;

/// The version of the kernel's Landlock; 0: it has none, or does not let us.
int landlock_version() noexcept;

/// From here on this thread and those that it starts can execute no program, and open no file for writing but
/// the terminal and /dev/null, make none, move none and remove none, whatever becomes of them. What is open
/// stays open; reading and connecting are as before. Cannot be undone, so it must come before the first
/// thread. False: the kernel cannot do it, and nothing is changed but that set-user-id programs would not get
/// their rights.
bool shut_in() noexcept;

}  // namespace oauth_token::cli
