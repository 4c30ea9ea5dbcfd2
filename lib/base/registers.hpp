#pragma once

namespace oauth_token {

/// Overwrites the vector registers. Copying leaves up to 64 bytes of a secret in them, and whatever saves
/// them next (the dynamic linker when it binds a symbol late, a signal, a core dump) writes those bytes into
/// memory. Does nothing on other processors than x86-64.
void wipe_vector_registers() noexcept;

}  // namespace oauth_token
