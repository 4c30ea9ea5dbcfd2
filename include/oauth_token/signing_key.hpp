#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)
namespace oauth_token {

/// Where the passphrase of an encrypted key, or the PIN of a token, comes from: asked only when it is needed,
/// once, and may block. Empty: what is encrypted is an error of class `config`.
using PassphraseSource = std::function<Result<Secret>(std::stop_token)>;

/// Whether a key's place is a `pkcs11:` URI (RFC 7512), and not a file. Thread-safe.
bool is_key_in_token(std::string_view location) noexcept;

/// `config` for a `pkcs11:` URI (RFC 7512) with another attribute than those that say which key it is:
/// `module-path` and `module-name` load code, `pin-value` and `pin-source` carry a PIN. Anything else is
/// taken for a file and passes. Nothing is opened or loaded. `name` stands for the place in the message, e.g.
/// "The option --key", and the message holds none of the URI's values. Thread-safe.
Result<void> check_key_location(std::string_view location, const std::string& name);

/// A private key that signs, read once and kept parsed. Copies share it. Thread-safe but for assignment.
/// Loads the crypto module on first use. OpenSSL's own key object is not promised to be wiped; the text that
/// it was read from, and passphrases, are; of a PIN, OpenSSL's engine for tokens keeps a copy of its own.
class SigningKey {
 public:
  /// A file: PEM (PKCS#1, PKCS#8, SEC1), encrypted PEM, PKCS#12, or a private JWK (RFC 7517 s4); or a
  /// `pkcs11:` URI (RFC 7512; see check_key_location).
  /// `config` for what cannot be read, is no private key, is encrypted with another passphrase, or cannot
  /// sign. Blocks for the disk, for `passphrase`, and for a hardware token.
  static Result<SigningKey> read(const std::string& location, const PassphraseSource& passphrase = {},
                                 std::stop_token stop = {});
  /// The same from the text of such a file; `name` stands for it in messages and begins them, e.g. "The key
  /// of the session".
  static Result<SigningKey> parse(const Secret& text, const std::string& name,
                                  const PassphraseSource& passphrase = {}, std::stop_token stop = {});
  /// A new key for an algorithm of RFC 7518 s3.1 or RFC 8037, e.g. "ES256"; RSA keys get 3072 bits, and
  /// may take a second. `config` for another algorithm.
  static Result<SigningKey> generate(std::string_view algorithm);

  /// No key. Only assignment, destruction and `operator bool` are allowed.
  SigningKey() noexcept = default;
  explicit operator bool() const noexcept { return key_ != nullptr; }  ///< whether there is one

  /// What it can sign with, by IANA's names, the one to take when nothing else is asked for first: RS256 for
  /// RSA, the curve's own for EC, EdDSA for Ed25519 and Ed448. A JWK's own "alg" comes first.
  [[nodiscard]] std::vector<std::string> algorithms() const;
  /// `config`, naming what it can, when the key cannot sign with that.
  [[nodiscard]] Result<void> check_algorithm(std::string_view algorithm) const;
  /// The octets of a JWS signature over `text` (RFC 7515 s5.1; RFC 7518 s3.4 for EC: R and S). Blocks for a
  /// key in a hardware token.
  [[nodiscard]] Result<std::string> sign(std::string_view algorithm, std::string_view text) const;

  /// "kid" of a JWK; empty: none.
  [[nodiscard]] const std::string& key_id() const noexcept;
  /// The public key as JSON: the members that RFC 7638 s3.2 requires, in its order, nothing else.
  [[nodiscard]] const std::string& public_jwk() const noexcept;
  /// RFC 7638 with SHA-256, in base64url.
  [[nodiscard]] const std::string& thumbprint() const noexcept;
  /// The whole key as a JWK (RFC 7518 s6, RFC 8037 s2), to be kept in a store; `config` for a key in a token.
  [[nodiscard]] Result<Secret> private_jwk() const;

  /// "x5t" of the certificate that the file holds beside the key (RFC 7515 s4.1.7); empty: none.
  [[nodiscard]] const std::string& certificate_sha1() const noexcept;
  /// "x5t#S256" of the same (RFC 7515 s4.1.8).
  [[nodiscard]] const std::string& certificate_sha256() const noexcept;

  /// What its owner should mend, e.g. that others can read the file.
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept;

  class [[gnu::visibility("hidden")]] Key;  ///< the library's own

 private:
  explicit SigningKey(std::shared_ptr<const Key> key) noexcept : key_(std::move(key)) {}
  std::shared_ptr<const Key> key_;
};

}  // namespace oauth_token
#pragma GCC visibility pop
