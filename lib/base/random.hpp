#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace oauth_token {

/// Fills `size` bytes from the kernel's generator (getrandom). It cannot fail on a kernel that this library
/// runs on; where it does, the process is ended: there is no safe way on.
void fill_random(void* bytes, std::size_t size) noexcept;

/// `size` random bytes, for salts, nonces and names; not for keys.
std::string random_bytes(std::size_t size);

/// Lower-case hexadecimal digits.
std::string hex(std::string_view bytes);

/// `size` random bytes in lower-case hexadecimal digits.
std::string random_hex(std::size_t size);

/// 128 random bits, so written: nobody guesses one, and no two are the same.
inline std::string random_id() { return random_hex(16); }

}  // namespace oauth_token
