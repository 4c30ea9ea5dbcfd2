#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/signing_key.hpp>

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace oauth_token {

/// A client's certificate with its private key and the authorities between, for mutual TLS (RFC 8705). Read
/// once; copies share it. Thread-safe but for assignment.
class ClientCertificate {
 public:
  /// `certificate`: PEM (the client's own first, then those between) or PKCS#12. `key`: as SigningKey::read
  /// takes it; empty: the key is in the certificate's file. `config` for what cannot be read, has no
  /// certificate or key, or where they do not belong together, or the certificate has ended or not begun yet
  /// (naming the date). Loads the crypto module on first use. Blocks for the disk, for `passphrase`, and for
  /// a key in a hardware token.
  static Result<ClientCertificate> read(const std::string& certificate, const std::string& key = {},
                                        const PassphraseSource& passphrase = {}, std::stop_token stop = {});

  /// None. Only assignment, destruction and `operator bool` are allowed.
  ClientCertificate() noexcept = default;
  explicit operator bool() const noexcept { return parts_ != nullptr; }  ///< whether there is one

  [[nodiscard]] const std::string& subject() const noexcept;  ///< as text fit for a terminal
  /// Of the client's own, not of those between.
  [[nodiscard]] std::chrono::sys_seconds valid_until() const noexcept;
  /// "x5t#S256" as the server binds tokens to it (RFC 8705 s3.1).
  [[nodiscard]] const std::string& sha256() const noexcept;
  /// What its owner should mend, in sentences, e.g. that others can read the key.
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept;

  struct [[gnu::visibility("hidden")]] Parts;  ///< the library's own
  [[nodiscard]] const std::shared_ptr<const Parts>& parts() const noexcept { return parts_; }

 private:
  explicit ClientCertificate(std::shared_ptr<const Parts> parts) noexcept : parts_(std::move(parts)) {}
  std::shared_ptr<const Parts> parts_;
};

}  // namespace oauth_token
#pragma GCC visibility pop
