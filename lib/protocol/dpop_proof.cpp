#include "protocol/dpop_proof.hpp"

#include "base/base64.hpp"
#include "crypto/module.hpp"
#include "protocol/jwt.hpp"

#include <oauth_token/json.hpp>

#include <algorithm>
#include <cstdint>

namespace oauth_token::protocol {
namespace {

constexpr std::size_t longest_nonce = 2048;

}  // namespace

Result<Secret> dpop_proof(const SigningKey& key, const DpopClaims& claims) {
  if (!key)
    return fail(ErrorClass::config, "There is no key for DPoP.",
                "Read one with SigningKey::read, or name it with --dpop-key.");
  const std::string algorithm = key.algorithms().front();
  const auto public_key = json::parse(Secret(key.public_jwk()));
  if (!public_key) return fail(ErrorClass::internal, "The public part of the DPoP key cannot be written.");
  json::Writer header;
  header.begin_object().member("typ", "dpop+jwt").member("alg", algorithm).name("jwk");
  header.value(public_key->root()).end_object();
  json::Writer text;
  text.begin_object().member("jti", claims.jti).member("htm", claims.method);
  text.member("htu", claims.url.origin() + claims.url.path);
  text.member("iat", std::int64_t{claims.now.time_since_epoch().count()});
  text.optional_member("nonce", claims.nonce).optional_member("ath", claims.access_token_hash).end_object();
  return signed_jwt(header.expose(), text.expose(),
                    [&](std::string_view input) { return key.sign(algorithm, input); });
}

Result<std::string> access_token_hash(const Secret& access_token) {
  const auto& module = crypto();
  if (!module) return fail(module.error());
  const auto digest = (*module)->sha256(access_token.expose());
  if (!digest) return fail(digest.error());
  return base64url(*digest);
}

bool is_dpop_nonce(std::string_view nonce) {
  return !nonce.empty() && nonce.size() <= longest_nonce &&
         std::all_of(nonce.begin(), nonce.end(),
                     [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

std::optional<std::string> dpop_nonce(const HttpResponse& response) {
  const auto nonce = response.header("DPoP-Nonce");
  if (!nonce || !is_dpop_nonce(*nonce)) return std::nullopt;
  return std::string(*nonce);
}

}  // namespace oauth_token::protocol
