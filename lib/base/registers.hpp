#pragma once

namespace oauth_token {

/// Overwrites the vector registers. Copying leaves up to 64 bytes of a secret in them, and whatever saves
/// them next (the dynamic linker when it binds a symbol late, a signal, a core dump) writes those bytes into
/// memory. Does nothing on other processors than x86-64.
void wipe_vector_registers() noexcept;

/// Overwrites what functions that have returned left on this thread's stack, 16 KiB deep: to be called where
/// a library beneath had a secret in a buffer of its own there.
void wipe_dead_stack() noexcept;

}  // namespace oauth_token
