#include "http/client_certificate.hpp"
#include "http/server_names.hpp"
#include "http/trust.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace oauth_token::http {
namespace {

std::string read_all(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, size > 0 ? static_cast<std::size_t>(size) : 0);
  BIO_free(bio);
  return escape_for_terminal(text);
}

std::string name_of(const X509_NAME* name) {
  BIO* const bio = BIO_new(BIO_s_mem());
  X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  return read_all(bio);
}

std::string date_of(const ASN1_TIME* time) {
  BIO* const bio = BIO_new(BIO_s_mem());
  ASN1_TIME_print_ex(bio, time, ASN1_DTFLGS_ISO8601);
  return read_all(bio);
}

// The names a server's certificate is made for.
struct Names {
  std::string text = {};  // at most a few, for a sentence; empty: none that counts
  bool has_wildcard = false;
  bool has_address_as_name = false;
};

bool is_address(const ASN1_STRING* name) {
  const std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name)),
                         static_cast<std::size_t>(ASN1_STRING_length(name)));
  ASN1_OCTET_STRING* const address = a2i_IPADDRESS(text.c_str());
  ASN1_OCTET_STRING_free(address);
  return address != nullptr;
}

Names names_in(const X509* certificate) {
  Names names;
  int count = 0;
  each_server_name(certificate, [&](GENERAL_NAME* name) {
    BIO* const bio = BIO_new(BIO_s_mem());
    GENERAL_NAME_print(bio, name);
    const std::string text = read_all(bio);
    names.has_wildcard = names.has_wildcard || text.find('*') != std::string::npos;
    names.has_address_as_name =
        names.has_address_as_name || (name->type == GEN_DNS && is_address(name->d.dNSName));
    if (++count <= 5) names.text += (names.text.empty() ? "" : ", ") + text;
  });
  if (count > 5) names.text += ", ...";
  return names;
}

// "the certificate of https://as.example" or, above it in the chain, "… the authority …".
std::string which(const TlsReport& report, const std::string& server) {
  if (!report.certificate) return "The certificate of " + server;
  const std::string subject = name_of(X509_get_subject_name(report.certificate.get()));
  const std::string at = " (" + (subject.empty() ? "without a subject" : subject) + ")";
  if (report.depth == 0) return "The certificate of " + server + at;
  return "The authority's certificate" + at + ", " + std::to_string(report.depth) + " above that of " +
         server + ",";
}

Finding about_names(const TlsReport& report, const std::string& server) {
  const Names names = names_in(report.certificate.get());
  const std::string subject = which(report, server);
  if (names.text.empty())
    return {
        "wrong-name", subject + " has no subjectAltName that names a server; the common name does not count.",
        "The server's operator must have one issued that names the server there, as \"DNS:\" or \"IP:\"."};
  const char* hint = "Use a name that it is made for; or this is not the server you want.";
  if (names.has_wildcard)
    hint =
        "Use a name that it is made for; a wildcard counts only as the whole first label, as in "
        "*.as.example, and stands for one label.";
  if (names.has_address_as_name)
    hint =
        "An address counts only where the certificate has it as \"IP Address\", not as \"DNS\"; the "
        "server's operator must have it issued so.";
  return {"wrong-name", subject + " is made for other names: " + names.text + ".", hint};
}

// OpenSSL says the same of key and signature where the one that signed it is too weak.
std::string weakness(const TlsReport& report) {
  X509* const certificate = report.certificate.get();
  if (certificate == nullptr) return " uses a key or a signature";
  if (report.verify_error != X509_V_ERR_CA_MD_TOO_WEAK) {
    const EVP_PKEY* const key = X509_get0_pubkey(certificate);
    const char* const kind = key == nullptr ? nullptr : EVP_PKEY_get0_type_name(key);
    return " has a key (" + std::string(kind == nullptr ? "unknown" : kind) + ", " +
           std::to_string(key == nullptr ? 0 : EVP_PKEY_get_bits(key)) + " bits)";
  }
  int digest = NID_undef;
  X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr);
  const char* const name = OBJ_nid2sn(digest);
  return " is signed in a way (" + std::string(name == nullptr ? "unknown" : name) + ")";
}

Finding about_certificate(const TlsReport& report, const std::string& server, const std::string& chosen_by) {
  const std::string subject = which(report, server);
  const X509* const certificate = report.certificate.get();
  const std::string issuer = certificate == nullptr ? "" : name_of(X509_get_issuer_name(certificate));
  const std::string trusted = chosen_by.empty() ? "" : " (trusted is what " + chosen_by + " names)";
  switch (report.verify_error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {"expired", subject + " expired on " + date_of(X509_get0_notAfter(certificate)) + ".",
              "The server's operator must renew it; if that date lies ahead, this machine's clock is wrong."};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {
          "not-yet-valid",
          subject + " is valid only from " + date_of(X509_get0_notBefore(certificate)) + " on.",
          "Check this machine's clock; if it is right, the server's operator must put the certificate back "
          "that was there before."};
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return {"self-signed", subject + " is self-signed and not among the trusted ones" + trusted + ".",
              "If it is the right one, name it with --cacert FILE."};
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return {"unknown-issuer", subject + " is not among the trusted ones" + trusted + ".",
              "If it is your organisation's own authority, name it with --cacert FILE."};
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
      return {"unknown-issuer",
              subject + " is issued by " + issuer + ", which is not trusted" + trusted + ".",
              "If it is your organisation's own authority, name its certificate with --cacert FILE; "
              "else the server may not send its intermediate certificates."};
    case X509_V_ERR_CERT_REVOKED:
      return {"revoked", subject + " is revoked.", "Do not use this server; tell its operator."};
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return {"weak", subject + weakness(report) + " that is too weak.",
              "The server's operator must replace it."};
    case X509_V_ERR_HOSTNAME_MISMATCH:
      return about_names(report, server);
    case X509_V_ERR_INVALID_PURPOSE:
      return {"purpose", subject + " is not made for servers (its extended key usage).",
              "The server's operator must have one issued for TLS servers."};
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return {"not-an-authority", subject + " is used as an authority's, which it is not made for.",
              "Do not use this server; tell its operator."};
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
      return {"name-constraints",
              subject + " has a name that an authority above it may not vouch for (name constraints).",
              "The server's operator must have it issued by an authority that may."};
    default:
      return {"other", subject + " is refused: " + X509_verify_cert_error_string(report.verify_error) + ".",
              "Show this sentence to the server's operator."};
  }
}

unsigned long error_code_in(std::string_view text) noexcept {
  const auto at = text.find("error:");
  unsigned long code = 0;
  if (at == std::string_view::npos) return 0;
  const std::string_view digits = text.substr(at + 6, 8);
  std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  return ERR_GET_LIB(code) == ERR_LIB_SYS ? 0 : code;
}

// " (tlsv1 alert internal error)"
std::string detail_of(unsigned long code) {
  const char* const text = ERR_reason_error_string(code);
  return text == nullptr ? "" : std::string(" (") + text + ")";
}

Finding about_connection(unsigned long code, const std::string& server) {
  return {"broken", "The TLS connection to " + server + " broke after the handshake" + detail_of(code) + ".",
          "The server's log may say why; if it says nothing, something on the way changes what is sent."};
}

Finding about_handshake(unsigned long code, const std::string& server) {
  const std::string detail = detail_of(code);
  switch (ERR_GET_REASON(code)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
      return {"protocol",
              server + " speaks no version of TLS that is still safe; 1.2 is the least" + detail + ".",
              "The server's operator must enable TLS 1.2 or 1.3."};
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_LENGTH_MISMATCH:
      return {"protocol", "What answers at " + server + " does not speak TLS" + detail + ".",
              "Check host and port; a plain http server needs an http URL."};
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_CIPHERS_AVAILABLE:
    case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
      return {"protocol", server + " and this program found no TLS settings in common" + detail + ".",
              "The server's operator must offer current ciphers."};
    case SSL_R_TLSV1_UNRECOGNIZED_NAME:
      return {"name", "What answers at " + server + " knows no server of that name" + detail + ".",
              "Check the host name in the URL."};
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
      return {"protocol", server + " does not speak HTTP/1.1" + detail + ".",
              "Check host and port; the server's operator must enable HTTP/1.1 beside HTTP/2."};
    case SSL_R_TLSV1_ALERT_INTERNAL_ERROR:
      return {"other", server + " broke off the TLS handshake by an error of its own" + detail + ".",
              "Try again later; its log may say why."};
    case SSL_R_DH_KEY_TOO_SMALL:
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
    case SSL_R_CA_MD_TOO_WEAK:
    case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
      return {"weak", "The TLS settings of " + server + " are too weak" + detail + ".",
              "The server's operator must renew them."};
    default:
      return {"other", "The TLS handshake with " + server + " failed" + detail + ".",
              "Show this sentence to the server's operator."};
  }
}

std::optional<std::chrono::sys_seconds> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
}

}  // namespace

void describe(const TlsReport& report, ServerConnection& server) {
  server.tls_version = report.version;
  server.asks_for_certificate = report.is_asked;
  for (int i = 0; report.chain && i < sk_X509_num(report.chain.get()); ++i) {
    const X509* const certificate = sk_X509_value(report.chain.get(), i);
    const auto end = time_of(X509_get0_notAfter(certificate));
    if (!end || (server.valid_until && *server.valid_until <= *end)) continue;
    server.valid_until = end;
    server.first_to_end = name_of(X509_get_subject_name(certificate));
  }
}

bool Trust::is_tls_error(std::string_view library_text) noexcept {
  const unsigned long code = error_code_in(library_text);
  return code != 0 && ERR_GET_REASON(code) != SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

Error Trust::explain(const TlsReport& report, std::string_view library_text, const std::string& server,
                     bool after_handshake) const {
  Finding finding{};
  if (report.revoked) {
    TlsReport revoked = report;
    revoked.verify_error = X509_V_ERR_CERT_REVOKED;
    finding = about_certificate(revoked, server, chosen_by_);
  } else if (report.verify_error != 0) {
    finding = about_certificate(report, server, chosen_by_);
  } else if (auto refusal = about_client_certificate(report, error_code_in(library_text), server)) {
    finding = std::move(*refusal);
  } else if (const unsigned long code = error_code_in(library_text); code != 0) {
    finding = after_handshake ? about_connection(code, server) : about_handshake(code, server);
  } else if (report.certificate) {
    // libcurl compares the names itself, after a handshake that went well.
    finding = about_names(report, server);
  } else {
    finding = {"other",
               "The TLS handshake with " + server + " failed: " + escape_for_terminal(library_text) + ".",
               "Show this sentence to the server's operator."};
  }
  return {.error_class = ErrorClass::tls,
          .message = std::move(finding.sentence),
          .hint = finding.hint,
          .reason = finding.reason};
}

}  // namespace oauth_token::http
