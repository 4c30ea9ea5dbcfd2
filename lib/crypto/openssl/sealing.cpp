#include "crypto/openssl/sealing.hpp"

#include "crypto/openssl/openssl.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <array>
#include <climits>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

namespace oauth_token {
namespace {

OSSL_PARAM octets(const char* name, std::string_view text) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(text.data()), text.size());
}

Result<Secret> derive(const char* algorithm, const OSSL_PARAM* parameters, std::size_t length) {
  const Owned<EVP_KDF> kdf(EVP_KDF_fetch(nullptr, algorithm, nullptr));
  const Owned<EVP_KDF_CTX> context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
  if (!context) return openssl_failure(algorithm);
  SecretBuffer key(length);
  if (EVP_KDF_derive(context.get(), bytes(key.room(length)), length, parameters) != 1)
    return openssl_failure(algorithm);
  key.grew(length);
  return key.take();
}

}  // namespace

Result<Secret> hkdf_sha256(std::string_view key, std::string_view salt, std::string_view info,
                           std::size_t length) {
  std::array<char, 7> digest{"SHA256"};
  const std::array<OSSL_PARAM, 5> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      octets(OSSL_KDF_PARAM_KEY, key), octets(OSSL_KDF_PARAM_SALT, salt), octets(OSSL_KDF_PARAM_INFO, info),
      OSSL_PARAM_construct_end()};
  return derive("HKDF", parameters.data(), length);
}

Result<Secret> scrypt(std::string_view passphrase, std::string_view salt, const ScryptCost& cost,
                      std::size_t length) {
  std::uint64_t n = cost.n;
  std::uint32_t r = cost.r;
  std::uint32_t p = cost.p;
  std::uint64_t memory = 128 * n * r + 128 * std::uint64_t{r} * p + (1U << 20U);
  const std::array<OSSL_PARAM, 7> parameters{
      octets(OSSL_KDF_PARAM_PASSWORD, passphrase),
      octets(OSSL_KDF_PARAM_SALT, salt),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
      OSSL_PARAM_construct_end()};
  return derive("SCRYPT", parameters.data(), length);
}

namespace {

// A context that has seen key, nonce and associated data.
struct Gcm {
  Owned<EVP_CIPHER> cipher;
  Owned<EVP_CIPHER_CTX> context;
};

Result<Gcm> start(bool sealing, std::string_view key, std::string_view nonce,
                  std::string_view associated_data, std::size_t text_size) {
  if (key.size() != aes_key_size || nonce.size() != aes_nonce_size || associated_data.size() > INT_MAX ||
      text_size > INT_MAX)
    return fail(ErrorClass::internal, "AES-256-GCM was called with an argument of the wrong size.");
  Gcm gcm{Owned<EVP_CIPHER>(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)),
          Owned<EVP_CIPHER_CTX>(EVP_CIPHER_CTX_new())};
  int written = 0;
  if (!gcm.cipher || !gcm.context ||
      EVP_CipherInit_ex2(gcm.context.get(), gcm.cipher.get(), bytes(key), bytes(nonce), sealing ? 1 : 0,
                         nullptr) != 1 ||
      EVP_CipherUpdate(gcm.context.get(), nullptr, &written, bytes(associated_data),
                       static_cast<int>(associated_data.size())) != 1)
    return openssl_failure("AES-256-GCM");
  return gcm;
}

}  // namespace

Result<std::string> seal(std::string_view key, std::string_view nonce, std::string_view associated_data,
                         std::string_view clear_text) {
  auto gcm = start(true, key, nonce, associated_data, clear_text.size());
  if (!gcm) return fail(std::move(gcm.error()));
  EVP_CIPHER_CTX* const context = gcm->context.get();
  std::string sealed(clear_text.size() + aes_tag_size, '\0');
  int written = 0;
  if (EVP_CipherUpdate(context, bytes(sealed.data()), &written, bytes(clear_text),
                       static_cast<int>(clear_text.size())) != 1 ||
      EVP_CipherFinal_ex(context, bytes(sealed.data()) + written, &written) != 1 ||
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, aes_tag_size, sealed.data() + clear_text.size()) !=
          1)
    return openssl_failure("AES-256-GCM");
  return sealed;
}

Result<std::optional<Secret>> open(std::string_view key, std::string_view nonce,
                                   std::string_view associated_data, std::string_view sealed) {
  auto gcm = start(false, key, nonce, associated_data, sealed.size());
  if (!gcm) return fail(std::move(gcm.error()));
  if (sealed.size() < aes_tag_size) return std::nullopt;
  EVP_CIPHER_CTX* const context = gcm->context.get();
  const std::size_t size = sealed.size() - aes_tag_size;
  SecretBuffer clear_text(size);
  char* const out = clear_text.room(size);
  std::string tag(sealed.substr(size));
  int written = 0;
  if (EVP_CipherUpdate(context, bytes(out), &written, bytes(sealed), static_cast<int>(size)) != 1 ||
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, aes_tag_size, tag.data()) != 1)
    return openssl_failure("AES-256-GCM");
  clear_text.grew(size);
  if (EVP_CipherFinal_ex(context, bytes(out) + written, &written) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  return clear_text.take();
}

}  // namespace oauth_token
