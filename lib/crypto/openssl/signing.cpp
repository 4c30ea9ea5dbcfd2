#include "crypto/openssl/signing.hpp"

#include "crypto/openssl/openssl.hpp"

#include <oauth_token/error.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

namespace oauth_token {
namespace {

constexpr std::size_t largest_signature = 2048;  // RSA of 16 384 bits, the most that OpenSSL verifies

Result<std::string> digest(const char* name, std::size_t size, std::string_view text) {
  std::string result(size, '\0');
  if (EVP_Q_digest(nullptr, name, nullptr, text.data(), text.size(), bytes(result.data()), nullptr) != 1)
    return openssl_failure(name);
  return result;
}

// Sets what both directions of a PSS signature need.
bool use_pss(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

// RFC 7518 s3.4: R and S, each as long as the curve's order.
bool to_coordinates(std::string_view der, std::size_t coordinate, std::string& out) {
  const unsigned char* at = bytes(der);
  const Owned<ECDSA_SIG> signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!signature) return false;
  const int size = static_cast<int>(coordinate);
  out.assign(2 * coordinate, '\0');
  return BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes(out.data()), size) == size &&
         BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes(out.data()) + coordinate, size) == size;
}

// The signature as OpenSSL makes it: DER for EC.
bool sign_once(const EVP_MD_CTX* signer, std::string_view text, std::string& out) {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  if (!context || EVP_MD_CTX_copy_ex(context.get(), signer) != 1) return false;
  std::size_t size = largest_signature;
  out.resize(size);
  // Without memory for an ECDSA signature OpenSSL 3.0 says that it made one of four billion bytes.
  if (EVP_DigestSign(context.get(), bytes(out.data()), &size, bytes(text), text.size()) != 1 ||
      size > out.size())
    return false;
  out.resize(size);
  return true;
}

bool verifies(const KeyObject& key, const SignatureScheme& scheme, std::string_view text,
              std::string_view signature) {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* settings = nullptr;
  return context &&
         EVP_DigestVerifyInit_ex(context.get(), &settings, scheme.digest, nullptr, nullptr, key.get(),
                                 nullptr) == 1 &&
         (!scheme.pss || use_pss(settings)) &&
         EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(text), text.size()) == 1;
}

}  // namespace

Result<std::string> sha256(std::string_view text) { return digest("SHA256", 32, text); }
Result<std::string> sha1(std::string_view text) { return digest("SHA1", 20, text); }

Result<std::string> hmac(const char* digest, std::string_view key, std::string_view text) {
  std::string result(EVP_MAX_MD_SIZE, '\0');
  std::size_t size = 0;
  if (EVP_Q_mac(nullptr, "HMAC", nullptr, digest, nullptr, key.data(), key.size(), bytes(text), text.size(),
                bytes(result.data()), result.size(), &size) == nullptr)
    return openssl_failure("HMAC");
  result.resize(size);
  return result;
}

Result<std::shared_ptr<evp_md_ctx_st>> signer(const KeyObject& key, const SignatureScheme& scheme) {
  std::shared_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new(), Free{});
  EVP_PKEY_CTX* settings = nullptr;
  if (!context ||
      EVP_DigestSignInit_ex(context.get(), &settings, scheme.digest, nullptr, nullptr, key.get(), nullptr) !=
          1 ||
      (scheme.pss && !use_pss(settings)))
    return openssl_failure("this signature");
  return context;
}

Result<std::string> sign(const evp_md_ctx_st& signer, const SignatureScheme& scheme, std::string_view text) {
  std::string signature;
  if (!sign_once(&signer, text, signature)) return openssl_failure("this signature");
  if (scheme.coordinate == 0) return signature;
  std::string fixed;
  if (!to_coordinates(signature, scheme.coordinate, fixed)) return openssl_failure("this signature");
  return fixed;
}

Result<void> check_key(const KeyObject& key, const SignatureScheme& scheme, const std::string& source) {
  constexpr std::string_view text = "does this key belong together?";
  std::string signature;
  const auto ready = signer(key, scheme);
  if (ready && sign_once(ready->get(), text, signature) && verifies(key, scheme, text, signature)) return {};
  ERR_clear_error();
  return fail(Error{.error_class = ErrorClass::config,
                    .message = source + " holds a private key that does not belong to its own public part.",
                    .hint = "Take the key anew from where it was made; a part of it was changed or mixed up.",
                    .reason = "key"});
}

}  // namespace oauth_token
