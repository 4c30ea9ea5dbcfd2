#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// OpenSSL's EVP_PKEY, X509 and EVP_MD_CTX.
struct evp_pkey_st;
struct x509_st;
struct evp_md_ctx_st;

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

using KeyObject = std::shared_ptr<evp_pkey_st>;
using CertificateObject = std::shared_ptr<x509_st>;

/// `rsa_pss`: an RSA key whose file allows PSS signatures alone.
enum class KeyKind : std::uint8_t { rsa, rsa_pss, p256, p384, p521, ed25519, ed448 };

/// The numbers of a key as a JWK has them (RFC 7518 s6, RFC 8037 s2), big-endian: n and e of RSA keys, x and
/// y of the others. The private ones after q may be missing; all of them in a public key.
struct KeyNumbers {
  KeyKind kind = KeyKind::rsa;
  std::string n = {}, e = {}, x = {}, y = {};
  Secret d = {}, p = {}, q = {}, dp = {}, dq = {}, qi = {};
};

/// How a key signs (RFC 7518 s3).
struct SignatureScheme {
  const char* digest = nullptr;  ///< OpenSSL's name; none for EdDSA
  bool pss = false;              ///< MGF1 with the same digest, salt as long as the digest
  std::size_t coordinate = 0;    ///< ECDSA: bytes of R and of S
};

/// What a file or a token held.
struct KeyContents {
  std::vector<KeyObject> keys = {};
  std::vector<CertificateObject> certificates = {};
  bool public_key = false;  ///< there was one without its private part
};

struct CertificateFacts {
  std::string der = {};
  std::string subject = {};  ///< RFC 2253, in UTF-8
  std::int64_t begins = 0;   ///< seconds since 1970
  std::int64_t ends = 0;
};

/// Gives the passphrase or PIN, valid until the call that asked returns; null when there is none.
using AskPassphrase = std::function<const Secret*()>;

/// What the crypto module exports: OpenSSL, opened on first use (its first AES-GCM costs 3 ms). All are
/// thread-safe; keys and clear text are in wiped memory only, but for OpenSSL's own key objects. Errors are
/// of class `internal` (an argument of the wrong size, an OpenSSL that refuses the algorithm); those about
/// somebody's key are `config` and begin with `source`, e.g. "The file "key.pem"".
struct CryptoModule {
  const char* version;
  /// RFC 5869, extract and expand; any salt and info, `length` up to 8160 bytes.
  Result<Secret> (*hkdf_sha256)(std::string_view key, std::string_view salt, std::string_view info,
                                std::size_t length);
  Result<Secret> (*scrypt)(std::string_view passphrase, std::string_view salt, const ScryptCost& cost,
                           std::size_t length);
  Result<std::string> (*sha256)(std::string_view text);  ///< 32 bytes
  Result<std::string> (*sha1)(std::string_view text);    ///< 20 bytes; only for "x5t"
  /// RFC 2104; `digest` as in SignatureScheme.
  Result<std::string> (*hmac)(const char* digest, std::string_view key, std::string_view text);
  /// AES-256-GCM: the cipher text with the tag behind it.
  Result<std::string> (*seal)(std::string_view key, std::string_view nonce, std::string_view associated_data,
                              std::string_view clear_text);
  /// The clear text; nothing when key, nonce, associated data or a byte of `sealed` is not the one it was
  /// sealed with.
  Result<std::optional<Secret>> (*open)(std::string_view key, std::string_view nonce,
                                        std::string_view associated_data, std::string_view sealed);

  /// A private key from DER that is not encrypted: PKCS#1, PKCS#8 or SEC1.
  Result<KeyObject> (*key_from_der)(std::string_view der, const std::string& source);
  /// All that OpenSSL finds: in a block of encrypted PEM with its lines, in DER, in PKCS#12.
  Result<KeyContents> (*read_store)(std::string_view text, const AskPassphrase& ask,
                                    const std::string& source);
  /// The private key that a PKCS#11 URI names; it stays in its token.
  Result<KeyObject> (*read_token)(const std::string& uri, const AskPassphrase& ask,
                                  const std::string& source);
  /// Checks that the numbers belong together.
  Result<KeyObject> (*key_from_numbers)(const KeyNumbers& numbers, const std::string& source);
  /// RSA: 3072 bits.
  Result<KeyObject> (*generate_key)(KeyKind kind);
  /// `config` for a type or curve that no algorithm signs with and for RSA under 2048 bits.
  Result<KeyKind> (*kind_of)(const KeyObject& key, const std::string& source);
  /// The public numbers; of a key that is not in a token also the private ones.
  Result<KeyNumbers> (*numbers_of)(const KeyObject& key, KeyKind kind, bool with_private);

  /// Ready to sign, any number of times and in any threads.
  Result<std::shared_ptr<evp_md_ctx_st>> (*signer)(const KeyObject& key, const SignatureScheme& scheme);
  Result<std::string> (*sign)(const evp_md_ctx_st& signer, const SignatureScheme& scheme,
                              std::string_view text);
  /// Signs something and verifies it with the key's own public part.
  Result<void> (*check_key)(const KeyObject& key, const SignatureScheme& scheme, const std::string& source);

  Result<CertificateObject> (*certificate_from_der)(std::string_view der, const std::string& source);
  Result<CertificateFacts> (*facts_of_certificate)(const CertificateObject& certificate);
  /// Whether the certificate is about the key's public part.
  bool (*belong)(const CertificateObject& certificate, const KeyObject& key);
};

/// The module, loaded on first use. Thread-safe.
const Result<const CryptoModule*>& crypto();

}  // namespace oauth_token

extern "C" __attribute__((visibility("default"))) const oauth_token::CryptoModule*
oauth_token_crypto_module();
