#pragma once

#include <openssl/x509v3.h>

namespace oauth_token::http {

/// `take` for each name of a server that a certificate is made for: those of its subjectAltName. The common
/// name does not count (RFC 9525 s2), and escapes name constraints.
template <class Take>
void each_server_name(const X509* certificate, const Take& take) {
  auto* const names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    GENERAL_NAME* const name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS || name->type == GEN_IPADD) take(name);
  }
  GENERAL_NAMES_free(names);
}

}  // namespace oauth_token::http
