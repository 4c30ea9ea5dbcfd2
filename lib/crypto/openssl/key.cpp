#include "crypto/openssl/key.hpp"

#include "crypto/openssl/curves.hpp"
#include "crypto/openssl/openssl.hpp"

#include <oauth_token/error.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

namespace oauth_token {
namespace {

constexpr int least_rsa_bits = 2048;
constexpr int most_rsa_bits = 16384;  // OpenSSL verifies no more
constexpr std::size_t new_rsa_bits = 3072;

tl::unexpected<Error> unsuitable(const std::string& source, const std::string& what) {
  ERR_clear_error();
  return fail(Error{.error_class = ErrorClass::config,
                    .message = source + " holds " + what + ".",
                    .hint = "Keys that can sign are RSA of 2048 bits and more, EC on P-256, P-384 and P-521, "
                            "Ed25519 and Ed448.",
                    .reason = "key"});
}

Result<KeyKind> kind_of_ec(const KeyObject& key, const std::string& source) {
  std::array<char, 80> name{};
  std::size_t length = 0;
  if (EVP_PKEY_get_group_name(key.get(), name.data(), name.size(), &length) != 1)
    return unsuitable(source, "an EC key that spells its curve out instead of naming it");
  int nid = OBJ_txt2nid(name.data());
  if (nid == NID_undef) nid = EC_curve_nist2nid(name.data());
  for (const Curve& curve : curves)
    if (curve.nid == nid) return curve.kind;
  return unsuitable(
      source, "an EC key on the curve " + std::string(name.data(), length) + ", which no JWT is signed with");
}

}  // namespace

Result<KeyObject> key_from_der(std::string_view der, const std::string& source) {
  const unsigned char* at = bytes(der);
  KeyObject key =
      shared(d2i_AutoPrivateKey_ex(nullptr, &at, static_cast<long>(der.size()), nullptr, nullptr));
  if (key) return key;
  ERR_clear_error();
  return fail(Error{.error_class = ErrorClass::config,
                    .message = source + " holds a private key that is damaged or of an unknown type.",
                    .hint = "See what OpenSSL says to it: openssl pkey -noout -in FILE",
                    .reason = "key"});
}

Result<KeyObject> generate_key(KeyKind kind) {
  const Curve* const curve = curve_of(kind);
  KeyObject key = shared(kind == KeyKind::rsa ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", new_rsa_bits)
                         : curve != nullptr   ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve->name)
                                              : EVP_PKEY_Q_keygen(nullptr, nullptr, edwards_name(kind)));
  if (!key) return openssl_failure("making a key");
  return key;
}

Result<KeyKind> kind_of(const KeyObject& key, const std::string& source) {
  const int type = EVP_PKEY_get_base_id(key.get());
  switch (type) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      if (const int bits = EVP_PKEY_get_bits(key.get()); bits < least_rsa_bits || bits > most_rsa_bits)
        return unsuitable(source, "an RSA key of " + std::to_string(bits) + " bits, " +
                                      (bits < least_rsa_bits ? "too short to be safe (RFC 7518 s3.3)"
                                                             : "which is more than servers verify"));
      return type == EVP_PKEY_RSA ? KeyKind::rsa : KeyKind::rsa_pss;
    case EVP_PKEY_EC:
      return kind_of_ec(key, source);
    case EVP_PKEY_ED25519:
      return KeyKind::ed25519;
    case EVP_PKEY_ED448:
      return KeyKind::ed448;
    default: {
      const char* const name = EVP_PKEY_get0_type_name(key.get());
      return unsuitable(source, "a key of the type " + std::string(name != nullptr ? name : "unknown") +
                                    ", which no JWT is signed with");
    }
  }
}

}  // namespace oauth_token
