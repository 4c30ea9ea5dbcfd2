#pragma once

#include <oauth_token/client_certificate.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

struct stack_st_X509;
struct x509_st;
struct x509_store_st;

namespace oauth_token::http {

/// A sentence about a handshake that failed, its `Error::reason`, and what to do.
struct Finding {
  const char* reason;
  std::string sentence;
  const char* hint;
};

/// What OpenSSL met during one handshake; filled by callbacks.
struct TlsReport {
  int verify_error = 0;                       ///< X509_V_ERR_…; 0: the chain was fine
  int depth = 0;                              ///< of `certificate`: 0 is the server's own
  bool revoked = false;                       ///< the server's own stapled OCSP answer says so
  std::shared_ptr<x509_st> certificate = {};  ///< the one at fault, else the server's own
  bool is_examined = false;                   ///< whether the last two are wanted
  ClientCertificate own = {};                 ///< the client's, before the handshake
  bool is_asked = false;                      ///< the server wanted to see one
  bool is_of_server = false;                  ///< not of a proxy in front of it
  int alert = 0;                              ///< the fatal one that ended it; only where there is `own`
  std::string version = {};                   ///< "TLSv1.3"
  std::shared_ptr<stack_st_X509> chain = {};  ///< from the server's own up
};

/// What a handshake that went well, and was examined, says of the server's certificates.
void describe(const TlsReport& report, ServerConnection& server);

/// Which authorities are trusted, and how a handshake is checked. Thread-safe.
class Trust {
 public:
  /// Chooses, and reads nothing but a named `ca_file`; the rest when the first handshake needs it.
  static Result<std::shared_ptr<const Trust>> choose(const TransportOptions& options);

  [[nodiscard]] bool verifies() const noexcept { return verify_; }
  /// Reads the authorities, once. Class `config` when that fails.
  [[nodiscard]] Result<void> load() const;
  /// Sets an SSL_CTX up; `report` must outlive it. After `load`.
  void prepare(void* ssl_context, TlsReport& report) const;

  /// Why a handshake failed, or TLS after it. `library_text` is libcurl's sentence about it, `server` is for
  /// the message.
  [[nodiscard]] Error explain(const TlsReport& report, std::string_view library_text,
                              const std::string& server, bool after_handshake) const;
  /// Whether libcurl's sentence names an error of OpenSSL, other than that the connection just ended.
  static bool is_tls_error(std::string_view library_text) noexcept;

 private:
  void choose_system() const;

  mutable std::string file_ = {};  // these two: where they are empty, the system's since `load`
  mutable std::string folder_ = {};
  std::string chosen_by_ = {};  ///< "--cacert", a variable's name, or empty: the system's
  bool verify_ = true;
  mutable std::once_flag once_ = {};
  mutable Result<std::shared_ptr<x509_store_st>> store_ = nullptr;
};

}  // namespace oauth_token::http
