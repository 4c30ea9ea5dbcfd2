#pragma once

#include "crypto/module.hpp"
#include "crypto/openssl/openssl.hpp"

#include <array>

#include <openssl/evp.h>
#include <openssl/objects.h>

namespace oauth_token {

struct Curve {
  KeyKind kind;
  int nid;
  const char* name;
  int coordinate;  ///< bytes
};
inline constexpr std::array<Curve, 3> curves{{{KeyKind::p256, NID_X9_62_prime256v1, "P-256", 32},
                                              {KeyKind::p384, NID_secp384r1, "P-384", 48},
                                              {KeyKind::p521, NID_secp521r1, "P-521", 66}}};

/// None for keys that are not EC.
inline const Curve* curve_of(KeyKind kind) {
  for (const Curve& curve : curves)
    if (curve.kind == kind) return &curve;
  return nullptr;
}

/// OpenSSL's name of Ed25519 or Ed448.
inline const char* edwards_name(KeyKind kind) { return kind == KeyKind::ed448 ? "ED448" : "ED25519"; }

inline KeyObject shared(EVP_PKEY* key) { return {key, Free{}}; }

}  // namespace oauth_token
