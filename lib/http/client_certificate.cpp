#include "http/client_certificate.hpp"

#include "crypto/certificate_parts.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace oauth_token::http {
namespace {

bool use(SSL_CTX* context, const ClientCertificate::Parts& parts) {
  STACK_OF(X509)* const between = sk_X509_new_null();
  bool is_used = between != nullptr;
  for (const auto& authority : parts.chain) is_used = is_used && sk_X509_push(between, authority.get()) > 0;
  is_used =
      is_used && SSL_CTX_use_cert_and_key(context, parts.certificate.get(), parts.key.get(), between, 1) == 1;
  sk_X509_free(between);
  return is_used;
}

// Called when a server has asked.
int on_request(SSL* /*ssl*/, void* report) {
  static_cast<TlsReport*>(report)->is_asked = true;
  return 1;
}

std::string subject(const ClientCertificate& certificate) { return certificate.parts()->subject; }

// What each alert stands for (RFC 8446 s6.2).
struct Refusal {
  int alert;
  const char* cause;
  const char* hint;
};

constexpr std::array refusals{
    Refusal{SSL_AD_CERTIFICATE_EXPIRED, "it has expired",
            "Here it has not: compare the clocks, look at the authorities between, or have it renewed."},
    Refusal{SSL_AD_CERTIFICATE_REVOKED, "it is revoked",
            "Have a new one issued, and name it with --tls-cert FILE."},
    Refusal{
        SSL_AD_UNKNOWN_CA, "the server does not trust whoever issued it",
        "Name the certificate that this server knows with --tls-cert FILE, the authorities between in the "
        "same file; or have the server's operator register it."},
    Refusal{SSL_AD_UNSUPPORTED_CERTIFICATE, "it is of a kind that the server does not take",
            "It may not be made for clients (extended key usage); ask the server's operator."},
    Refusal{SSL_AD_ACCESS_DENIED, "it is valid, but gives no access",
            "Have the server's operator register it."},
    Refusal{SSL_AD_BAD_CERTIFICATE, "the server does not accept it",
            "The server's log says why; ask its operator."},
    Refusal{SSL_AD_CERTIFICATE_UNKNOWN, "the server does not accept it",
            "The server's log says why; ask its operator."},
    Refusal{SSL_AD_DECRYPT_ERROR, "the server could not verify a signature",
            "It may know another authority of the same name; ask its operator."},
    Refusal{SSL_AD_HANDSHAKE_FAILURE, "the handshake ended where it was due",
            "The server may not take that kind of key; its log says why."},
    Refusal{SSL_AD_CERTIFICATE_REQUIRED, "the server does not take that kind of key",
            "Ask the server's operator which kinds it takes."},
};

}  // namespace

Result<void> check(const ClientCertificate& certificate) {
  if (!certificate) return {};
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (context != nullptr && use(context.get(), *certificate.parts())) return {};
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return fail(ErrorClass::config,
              "The client certificate (" + subject(certificate) + ") cannot be used for TLS" +
                  (reason == nullptr ? "" : std::string(": ") + reason) + ".",
              "Have one issued whose key and signature are strong enough.");
}

bool is_of_server(void* ssl_context) noexcept {
  return (SSL_CTX_get_options(static_cast<SSL_CTX*>(ssl_context)) & SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS) != 0;
}

void show(void* ssl_context, TlsReport& report) {
  auto* const context = static_cast<SSL_CTX*>(ssl_context);
  report.is_of_server = true;
  SSL_CTX_set_cert_cb(context, on_request, &report);
  if (report.own) use(context, *report.own.parts());
}

std::optional<Finding> about_client_certificate(const TlsReport& report, unsigned long code,
                                                const std::string& server) {
  if (!report.is_asked) return std::nullopt;
  // libcurl has a sentence of its own for some alerts.
  const bool is_alert = ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) > SSL_AD_REASON_OFFSET;
  const int alert = is_alert ? ERR_GET_REASON(code) - SSL_AD_REASON_OFFSET : report.alert;
  const auto* const refusal = std::find_if(refusals.begin(), refusals.end(),
                                           [alert](const Refusal& each) { return each.alert == alert; });
  if (refusal == refusals.end()) return std::nullopt;
  if (!report.own)
    return Finding{"client-certificate", server + " demands a client certificate, and none was given.",
                   "Name it with --tls-cert FILE and its key with --tls-key FILE; the server's operator "
                   "says which one."};
  return Finding{
      "client-certificate",
      server + " refused the client certificate (" + subject(report.own) + "): " + refusal->cause + ".",
      refusal->hint};
}

}  // namespace oauth_token::http
