#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace oauth_token {

inline constexpr std::size_t aes_key_size = 32;    ///< AES-256
inline constexpr std::size_t aes_nonce_size = 12;  ///< a fresh random one for every seal under one key
inline constexpr std::size_t aes_tag_size = 16;

/// The cost of scrypt (RFC 7914): `n` is a power of two; memory is 128 * n * r bytes.
struct ScryptCost {
  std::uint64_t n = std::uint64_t{1} << 17;
  std::uint32_t r = 8;
  std::uint32_t p = 1;
};

/// What the crypto module exports: OpenSSL, opened on first use (its first AES-GCM costs 3 ms). All are pure
/// functions and thread-safe; keys and clear text are in wiped memory only. Errors are of class `internal`:
/// an argument of the wrong size, or an OpenSSL that refuses the algorithm.
struct CryptoModule {
  const char* version;
  /// RFC 5869, extract and expand; any salt and info, `length` up to 8160 bytes.
  Result<Secret> (*hkdf_sha256)(std::string_view key, std::string_view salt, std::string_view info,
                                std::size_t length);
  Result<Secret> (*scrypt)(std::string_view passphrase, std::string_view salt, const ScryptCost& cost,
                           std::size_t length);
  Result<std::string> (*sha256)(std::string_view text);  ///< 32 bytes
  /// AES-256-GCM: the cipher text with the tag behind it.
  Result<std::string> (*seal)(std::string_view key, std::string_view nonce, std::string_view associated_data,
                              std::string_view clear_text);
  /// The clear text; nothing when key, nonce, associated data or a byte of `sealed` is not the one it was
  /// sealed with.
  Result<std::optional<Secret>> (*open)(std::string_view key, std::string_view nonce,
                                        std::string_view associated_data, std::string_view sealed);
};

/// The module, loaded on first use. Thread-safe.
const Result<const CryptoModule*>& crypto();

}  // namespace oauth_token

extern "C" __attribute__((visibility("default"))) const oauth_token::CryptoModule*
oauth_token_crypto_module();
