#pragma once

#include <oauth_token/error.hpp>

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>

namespace oauth_token {

struct Free {
  void operator()(EVP_KDF* kdf) const noexcept { EVP_KDF_free(kdf); }
  void operator()(EVP_KDF_CTX* context) const noexcept { EVP_KDF_CTX_free(context); }
  void operator()(EVP_CIPHER* cipher) const noexcept { EVP_CIPHER_free(cipher); }
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  void operator()(BIGNUM* number) const noexcept { BN_clear_free(number); }
  void operator()(BN_CTX* context) const noexcept { BN_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const noexcept { ECDSA_SIG_free(signature); }
  void operator()(OSSL_PARAM_BLD* builder) const noexcept { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* parameters) const noexcept { OSSL_PARAM_free(parameters); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  void operator()(UI_METHOD* method) const noexcept { UI_destroy_method(method); }
  void operator()(OSSL_STORE_CTX* store) const noexcept { OSSL_STORE_close(store); }
  void operator()(OSSL_STORE_INFO* entry) const noexcept { OSSL_STORE_INFO_free(entry); }
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};

template <class Object>
using Owned = std::unique_ptr<Object, Free>;

inline unsigned char* bytes(char* text) noexcept { return reinterpret_cast<unsigned char*>(text); }
inline const unsigned char* bytes(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// The first error that OpenSSL has noted in this thread, as text; then forgets them all.
std::string openssl_reason();

/// Class `internal`: "OpenSSL cannot do `what`: …".
tl::unexpected<Error> openssl_failure(const char* what);

}  // namespace oauth_token
