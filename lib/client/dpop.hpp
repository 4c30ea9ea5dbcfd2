#pragma once

#include <oauth_token/client_authentication.hpp>
#include <oauth_token/client_settings.hpp>
#include <oauth_token/dpop.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/signing_key.hpp>

#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>

namespace oauth_token {

/// Makes the proofs of one client's token requests, and remembers the nonce that each server gave last
/// (RFC 9449 s8). Thread-safe but for `use_key`.
class DpopProver {
 public:
  explicit DpopProver(DpopOptions options) : use_(options.use), key_(std::move(options.key)) {}

  [[nodiscard]] DpopUse use() const noexcept { return use_; }
  /// Adds a fresh proof, where one is wanted.
  Result<void> prove(HttpRequest& request);
  /// Whether the answer of `endpoint` gives the nonce for the next request there.
  bool take_nonce(const std::string& endpoint, const HttpResponse& response);
  /// The one for `endpoint`; empty: none.
  [[nodiscard]] std::string nonce_for(const std::string& endpoint);
  void remember(const std::string& endpoint, std::string nonce);
  void use_key(SigningKey key) { key_ = std::move(key); }

 private:
  DpopUse use_;
  SigningKey key_;
  std::mutex mutex_ = {};
  std::map<std::string, std::string> nonces_ = {};  // by origin
};

/// The URL of such a request, or what dpop_proof says of it, without a key.
Result<Url> check_dpop_request(const DpopRequest& request);

/// Whether the server wants a proof with a nonce: it has processed nothing.
bool wants_dpop_nonce(const Error& error);
/// Says so in the error of a server that does not stop asking for one, or names none.
void explain_dpop_nonce(Error& error, bool repeated);

/// `config` where DPoP is asked for and there is no key for it, or the other way round. Sends and reads
/// nothing.
Result<void> check_dpop(const ClientSettings& settings, const ClientRunOptions& options);
/// With the key of the settings, else the one of `options`. `config` for the key that signs the client's
/// assertions.
Result<DpopOptions> make_dpop(const ClientSettings& settings, const ClientRunOptions& options,
                              const ClientAuthentication& authentication, std::stop_token stop);
/// Reads the key that the settings name.
Result<SigningKey> read_dpop_key(const DpopSettings& settings, const ClientRunOptions& options,
                                 std::stop_token stop);

}  // namespace oauth_token
