#pragma once

#include "crypto/module.hpp"
#include "store/store_key.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace oauth_token {

/// How the key of a file comes from the store's key.
enum class Derivation : std::uint8_t { none, key, scrypt };

/// The first bytes of a file of the file store, in clear. With the item's id they are the associated data of
/// the sealed rest, so that no byte of them, and no file as a whole, can be put in another's place.
///
///     "oauth-token sealed 1\n", derivation, log2 N, r, p (one byte each), generation (8 bytes, big-endian),
///     salt (32), key check (16), nonce (12); then the value under AES-256-GCM, or in clear for `none`
struct SealedHeader {
  static constexpr std::size_t salt_size = 32;
  static constexpr std::size_t check_size = 16;

  Derivation derivation = Derivation::none;
  std::uint8_t log2_n = 0;
  std::uint8_t r = 0;
  std::uint8_t p = 0;
  std::uint64_t generation = 0;
  std::string salt = std::string(salt_size, '\0');
  std::string check = std::string(check_size, '\0');  ///< tells another key from a damaged file
  std::string nonce = std::string(aes_nonce_size, '\0');

  static std::size_t size() noexcept;
  [[nodiscard]] std::string bytes() const;
};

/// Class `store` with that reason, about a file that cannot be used.
tl::unexpected<Error> refuse(const char* reason, std::string message, std::string hint);

/// `place` names the file in messages. Class `store`, reason "damaged".
Result<SealedHeader> parse_sealed_header(std::string_view file, const std::string& place);

/// Seals and opens the files of one store key. Keys that were derived are kept: a passphrase costs 0.3 s and
/// 128 MiB for each salt. One thread at a time.
class Sealer {
 public:
  explicit Sealer(StoreKey key) : key_(std::move(key)) {}

  /// The whole file. The salt of `previous`, the file that it takes the place of, is used again.
  Result<std::string> seal(std::string_view id, std::uint64_t generation, const Secret& value,
                           const SealedHeader* previous);
  /// Class `store`, reason "key" (sealed with another one) or "damaged".
  Result<Secret> open(std::string_view id, const SealedHeader& header, std::string_view file,
                      const std::string& place);

 private:
  struct FileKey {
    Secret seal = {};
    std::string check = {};
  };

  [[nodiscard]] Derivation derivation() const noexcept {
    return key_.kind == StoreKey::Kind::key ? Derivation::key : Derivation::scrypt;
  }
  Result<const FileKey*> file_key(const SealedHeader& header);

  StoreKey key_;
  std::map<std::string, FileKey> kept_;
};

}  // namespace oauth_token
