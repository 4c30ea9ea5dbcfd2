#include "crypto/openssl/certificate.hpp"

#include "crypto/openssl/openssl.hpp"

#include <oauth_token/error.hpp>

#include <ctime>
#include <string>
#include <string_view>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

namespace oauth_token {
namespace {

bool to_seconds(const ASN1_TIME* time, std::int64_t& seconds) {
  std::tm fields{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1) return false;
  seconds = ::timegm(&fields);
  return true;
}

bool name_in_text(const X509_NAME* name, std::string& text) {
  const Owned<BIO> out(BIO_new(BIO_s_mem()));
  if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
    return false;
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  text.assign(data, static_cast<std::size_t>(size));
  return true;
}

}  // namespace

Result<CertificateObject> certificate_from_der(std::string_view der, const std::string& source) {
  const unsigned char* at = bytes(der);
  CertificateObject certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())), Free{});
  if (certificate) return certificate;
  ERR_clear_error();
  return fail(Error{.error_class = ErrorClass::config,
                    .message = source + " holds a damaged certificate.",
                    .hint = "See what OpenSSL says to it: openssl x509 -noout -text -in FILE",
                    .reason = "certificate"});
}

Result<CertificateFacts> facts_of_certificate(const CertificateObject& certificate) {
  CertificateFacts facts;
  X509* const object = certificate.get();
  const int size = i2d_X509(object, nullptr);
  if (size > 0) {
    facts.der.resize(static_cast<std::size_t>(size));
    unsigned char* at = bytes(facts.der.data());
    i2d_X509(object, &at);
  }
  if (size <= 0 || !name_in_text(X509_get_subject_name(object), facts.subject) ||
      !to_seconds(X509_get0_notBefore(object), facts.begins) ||
      !to_seconds(X509_get0_notAfter(object), facts.ends))
    return openssl_failure("reading a certificate");
  return facts;
}

bool belong(const CertificateObject& certificate, const KeyObject& key) {
  EVP_PKEY* const own = X509_get0_pubkey(certificate.get());
  const bool same = own != nullptr && EVP_PKEY_eq(own, key.get()) == 1;
  ERR_clear_error();
  return same;
}

}  // namespace oauth_token
