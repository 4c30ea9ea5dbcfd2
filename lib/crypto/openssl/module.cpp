#include "crypto/module.hpp"

#include "crypto/openssl/certificate.hpp"
#include "crypto/openssl/key.hpp"
#include "crypto/openssl/openssl.hpp"
#include "crypto/openssl/sealing.hpp"
#include "crypto/openssl/signing.hpp"
#include "crypto/openssl/store.hpp"
#include "crypto/openssl/token.hpp"

#include <array>
#include <string>

#include <openssl/err.h>

namespace oauth_token {

std::string openssl_reason() {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  if (error == 0) return "it does not say why; there may be too little memory";
  if (const char* const reason = ERR_reason_error_string(error)) return reason;
  std::array<char, 200> text{};
  ERR_error_string_n(error, text.data(), text.size());
  return text.data();
}

tl::unexpected<Error> openssl_failure(const char* what) {
  return fail(ErrorClass::internal, std::string("OpenSSL cannot do ") + what + ": " + openssl_reason() + ".",
              "Check that OpenSSL's default provider is loaded.");
}

}  // namespace oauth_token

extern "C" const oauth_token::CryptoModule* oauth_token_crypto_module() {
  using namespace oauth_token;
  static const CryptoModule module{.version = OAUTH_TOKEN_INTERFACE,
                                   .hkdf_sha256 = hkdf_sha256,
                                   .scrypt = scrypt,
                                   .sha256 = sha256,
                                   .sha1 = sha1,
                                   .hmac = hmac,
                                   .seal = seal,
                                   .open = open,
                                   .key_from_der = key_from_der,
                                   .read_store = read_store,
                                   .read_token = read_token,
                                   .key_from_numbers = key_from_numbers,
                                   .generate_key = generate_key,
                                   .kind_of = kind_of,
                                   .numbers_of = numbers_of,
                                   .signer = signer,
                                   .sign = sign,
                                   .check_key = check_key,
                                   .certificate_from_der = certificate_from_der,
                                   .facts_of_certificate = facts_of_certificate,
                                   .belong = belong};
  return &module;
}
