#include "base/registers.hpp"
#include "crypto/openssl/curves.hpp"
#include "crypto/openssl/key.hpp"
#include "crypto/openssl/openssl.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace oauth_token {
namespace {

tl::unexpected<Error> mismatch(const std::string& source) {
  ERR_clear_error();
  return fail(Error{.error_class = ErrorClass::config,
                    .message = source + " holds a JSON Web Key whose numbers do not belong together.",
                    .hint = "Take the key anew from where it was made; a part of it was changed or mixed up.",
                    .reason = "key"});
}

Owned<BIGNUM> number(std::string_view text) {
  return Owned<BIGNUM>(BN_bin2bn(bytes(text), static_cast<int>(text.size()), nullptr));
}

// Secure ones are cleared with the parameters that they are copied into.
Owned<BIGNUM> number(const Secret& text) {
  Owned<BIGNUM> made(BN_secure_new());
  if (!made || BN_bin2bn(bytes(text.expose()), static_cast<int>(text.size()), made.get()) == nullptr)
    return nullptr;
  return made;
}

// An RSA key's, in the order of RFC 8017's RSAPrivateKey; the last five are zero where they are missing.
using RsaNumbers = std::array<Owned<BIGNUM>, 8>;

// That p and q are n's factors and the other private numbers follow from them: OpenSSL corrects a signature
// made with wrong ones in silence.
bool consistent(const RsaNumbers& key) {
  const auto& [n, e, d, p, q, dp, dq, qi] = key;
  const Owned<BN_CTX> context(BN_CTX_new());
  const Owned<BIGNUM> result(BN_new());
  if (!context || !result) return false;
  if (BN_is_zero(p.get()) || BN_is_zero(q.get()) ||
      BN_mul(result.get(), p.get(), q.get(), context.get()) != 1 || BN_cmp(result.get(), n.get()) != 0)
    return false;
  const std::array<std::pair<const BIGNUM*, const BIGNUM*>, 2> exponents{
      {{p.get(), dp.get()}, {q.get(), dq.get()}}};
  for (const auto& [prime, exponent] : exponents) {
    const Owned<BIGNUM> less(BN_dup(prime));
    if (!less || BN_sub_word(less.get(), 1) != 1 || BN_is_zero(less.get()) ||
        BN_mod(result.get(), d.get(), less.get(), context.get()) != 1 || BN_cmp(result.get(), exponent) != 0)
      return false;
  }
  return BN_mod_mul(result.get(), qi.get(), q.get(), p.get(), context.get()) == 1 && BN_is_one(result.get());
}

using Parameters = Owned<OSSL_PARAM>;

KeyObject from_parameters(const char* type, OSSL_PARAM_BLD* builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get()) != 1)
    return nullptr;
  return shared(key);
}

constexpr std::array rsa_names{OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
                               OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
                               OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
                               OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};

KeyObject rsa_from(const KeyNumbers& key) {
  const RsaNumbers parts{number(key.n), number(key.e),  number(key.d),  number(key.p),
                         number(key.q), number(key.dp), number(key.dq), number(key.qi)};
  if (std::find(parts.begin(), parts.end(), nullptr) != parts.end()) return nullptr;
  const bool factors = !key.p.empty();
  if (factors && !consistent(parts)) return nullptr;
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (!builder) return nullptr;
  for (std::size_t i = 0; i < (factors ? parts.size() : 3); ++i)
    if (OSSL_PARAM_BLD_push_BN(builder.get(), rsa_names.at(i), parts.at(i).get()) != 1) return nullptr;
  return from_parameters("RSA", builder.get());
}

KeyObject ec_from(const KeyNumbers& key, const Curve& curve) {
  const auto size = static_cast<std::size_t>(curve.coordinate);
  if (key.x.size() > size || key.y.size() > size || key.d.size() > size) return nullptr;
  std::string point(1, '\x04');
  point += std::string(size - key.x.size(), '\0') + key.x;
  point += std::string(size - key.y.size(), '\0') + key.y;
  const auto d = number(key.d);
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (!builder || !d ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.name, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) !=
          1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, d.get()) != 1)
    return nullptr;
  return from_parameters("EC", builder.get());
}

KeyObject edwards_from(const KeyNumbers& key) {
  KeyObject object = shared(EVP_PKEY_new_raw_private_key_ex(nullptr, edwards_name(key.kind), nullptr,
                                                            bytes(key.d.expose()), key.d.size()));
  if (!object) return nullptr;
  auto own = numbers_of(object, key.kind, false);
  return own && own->x == key.x ? object : nullptr;
}

// Appends the number in `size` bytes, or as few as it needs.
bool read_number(const KeyObject& key, const char* name, int size, SecretBuffer& out) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key.get(), name, &raw) != 1) return false;
  const Owned<BIGNUM> value(raw);
  if (size == 0) size = BN_num_bytes(value.get());
  if (BN_bn2binpad(value.get(), bytes(out.room(static_cast<std::size_t>(size))), size) != size) return false;
  out.grew(static_cast<std::size_t>(size));
  return true;
}

bool read_number(const KeyObject& key, const char* name, int size, std::string& out) {
  SecretBuffer buffer;
  if (!read_number(key, name, size, buffer)) return false;
  out = buffer.expose();
  return true;
}

bool read_number(const KeyObject& key, const char* name, int size, Secret& out) {
  SecretBuffer buffer;
  if (!read_number(key, name, size, buffer)) return false;
  out = buffer.take();
  return true;
}

// OpenSSL's own object of the public part, whoever holds the key.
KeyObject public_part(const KeyObject& key) {
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key.get(), &der);
  if (length <= 0) return nullptr;
  const unsigned char* at = der;
  KeyObject result = shared(d2i_PUBKEY_ex(nullptr, &at, length, nullptr, nullptr));
  OPENSSL_free(der);
  return result;
}

using RawReader = int (*)(const EVP_PKEY*, unsigned char*, std::size_t*);
bool read_raw(const KeyObject& key, RawReader reader, SecretBuffer& out) {
  std::size_t size = 64;
  if (reader(key.get(), bytes(out.room(size)), &size) != 1) return false;
  out.grew(size);
  return true;
}

bool read_public(const KeyObject& key, KeyNumbers& out) {
  if (out.kind == KeyKind::rsa || out.kind == KeyKind::rsa_pss)
    return read_number(key, OSSL_PKEY_PARAM_RSA_N, 0, out.n) &&
           read_number(key, OSSL_PKEY_PARAM_RSA_E, 0, out.e);
  if (const Curve* const curve = curve_of(out.kind))
    return read_number(key, OSSL_PKEY_PARAM_EC_PUB_X, curve->coordinate, out.x) &&
           read_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, curve->coordinate, out.y);
  SecretBuffer buffer;
  if (!read_raw(key, EVP_PKEY_get_raw_public_key, buffer)) return false;
  out.x = buffer.expose();
  return true;
}

bool read_private(const KeyObject& key, KeyNumbers& out) {
  if (const Curve* const curve = curve_of(out.kind))
    return read_number(key, OSSL_PKEY_PARAM_PRIV_KEY, curve->coordinate, out.d);
  if (out.kind == KeyKind::rsa || out.kind == KeyKind::rsa_pss) {
    if (!read_number(key, OSSL_PKEY_PARAM_RSA_D, 0, out.d)) return false;
    if (!read_number(key, OSSL_PKEY_PARAM_RSA_FACTOR1, 0, out.p)) {
      ERR_clear_error();
      return true;
    }
    return read_number(key, OSSL_PKEY_PARAM_RSA_FACTOR2, 0, out.q) &&
           read_number(key, OSSL_PKEY_PARAM_RSA_EXPONENT1, 0, out.dp) &&
           read_number(key, OSSL_PKEY_PARAM_RSA_EXPONENT2, 0, out.dq) &&
           read_number(key, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, 0, out.qi);
  }
  SecretBuffer buffer;
  if (!read_raw(key, EVP_PKEY_get_raw_private_key, buffer)) return false;
  out.d = buffer.take();
  return true;
}

}  // namespace

Result<KeyObject> key_from_numbers(const KeyNumbers& numbers, const std::string& source) {
  const Curve* const curve = curve_of(numbers.kind);
  KeyObject key = numbers.kind == KeyKind::rsa ? rsa_from(numbers)
                  : curve != nullptr           ? ec_from(numbers, *curve)
                                               : edwards_from(numbers);
  if (!key) return mismatch(source);
  return key;
}

Result<KeyNumbers> numbers_of(const KeyObject& key, KeyKind kind, bool with_private) {
  KeyNumbers numbers{.kind = kind};
  const KeyObject open = public_part(key);
  const bool read = open && read_public(open, numbers) && (!with_private || read_private(key, numbers));
  // EVP_PKEY_get_bn_param() reads into an array of its own and does not clear all of it.
  if (with_private) wipe_dead_stack();
  if (!read) return openssl_failure("reading a key's numbers");
  return numbers;
}

}  // namespace oauth_token
