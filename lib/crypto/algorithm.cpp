#include "crypto/algorithm.hpp"

#include "crypto/module.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace oauth_token {
namespace {

constexpr std::array<KindFacts, 7> kinds{{
    {KeyKind::rsa, "RSA", "", 0, "an RSA key"},
    {KeyKind::rsa_pss, "RSA", "", 0, "an RSA key for PSS alone"},
    {KeyKind::p256, "EC", "P-256", 32, "an EC key on P-256"},
    {KeyKind::p384, "EC", "P-384", 48, "an EC key on P-384"},
    {KeyKind::p521, "EC", "P-521", 66, "an EC key on P-521"},
    {KeyKind::ed25519, "OKP", "Ed25519", 32, "an Ed25519 key"},
    {KeyKind::ed448, "OKP", "Ed448", 57, "an Ed448 key"},
}};

struct Algorithm {
  std::string_view name;
  KeyKind kind;
  SignatureScheme scheme;
};

// RFC 7518 s3.3 to s3.5, RFC 8037 s3.1, RFC 9864 s2.2. In the order of preference for each kind.
constexpr std::array<Algorithm, 16> algorithms{{
    {"RS256", KeyKind::rsa, {"SHA256", false, 0}},
    {"PS256", KeyKind::rsa, {"SHA256", true, 0}},
    {"RS384", KeyKind::rsa, {"SHA384", false, 0}},
    {"PS384", KeyKind::rsa, {"SHA384", true, 0}},
    {"RS512", KeyKind::rsa, {"SHA512", false, 0}},
    {"PS512", KeyKind::rsa, {"SHA512", true, 0}},
    {"PS256", KeyKind::rsa_pss, {"SHA256", true, 0}},
    {"PS384", KeyKind::rsa_pss, {"SHA384", true, 0}},
    {"PS512", KeyKind::rsa_pss, {"SHA512", true, 0}},
    {"ES256", KeyKind::p256, {"SHA256", false, 32}},
    {"ES384", KeyKind::p384, {"SHA384", false, 48}},
    {"ES512", KeyKind::p521, {"SHA512", false, 66}},
    {"EdDSA", KeyKind::ed25519, {nullptr, false, 0}},
    {"Ed25519", KeyKind::ed25519, {nullptr, false, 0}},
    {"EdDSA", KeyKind::ed448, {nullptr, false, 0}},
    {"Ed448", KeyKind::ed448, {nullptr, false, 0}},
}};

struct Mac {
  std::string_view name;
  const char* digest;
  std::size_t size;
};

constexpr std::array<Mac, 3> macs{
    {{"HS256", "SHA256", 32}, {"HS384", "SHA384", 48}, {"HS512", "SHA512", 64}}};

const Mac* mac_of(std::string_view algorithm) {
  const auto* const found =
      std::find_if(macs.begin(), macs.end(), [&](const Mac& mac) { return mac.name == algorithm; });
  return found == macs.end() ? nullptr : found;
}

}  // namespace

const KindFacts& facts_of(KeyKind kind) { return kinds.at(static_cast<std::size_t>(kind)); }

std::optional<KeyKind> kind_from(std::string_view type, std::string_view curve) {
  for (const KindFacts& facts : kinds)
    if (facts.type == type && facts.curve == curve) return facts.kind;
  return std::nullopt;
}

std::vector<std::string> algorithms_of(KeyKind kind) {
  std::vector<std::string> names;
  for (const Algorithm& algorithm : algorithms)
    if (algorithm.kind == kind) names.emplace_back(algorithm.name);
  return names;
}

std::optional<SignatureScheme> scheme_of(KeyKind kind, std::string_view algorithm) {
  for (const Algorithm& known : algorithms)
    if (known.kind == kind && known.name == algorithm) return known.scheme;
  return std::nullopt;
}

std::optional<KeyKind> kind_for(std::string_view algorithm) {
  for (const Algorithm& known : algorithms)
    if (known.name == algorithm) return known.kind;
  return std::nullopt;
}

std::optional<std::size_t> mac_size(std::string_view algorithm) {
  const Mac* const found = mac_of(algorithm);
  return found == nullptr ? std::nullopt : std::optional(found->size);
}

Result<std::string> hmac(std::string_view algorithm, std::string_view key, std::string_view text) {
  const Mac* const found = mac_of(algorithm);
  if (found == nullptr)
    return fail(ErrorClass::usage, "A client secret cannot sign with " + quote_for_terminal(algorithm) + ".",
                "Take HS256, HS384 or HS512.");
  const auto& module = crypto();
  if (!module) return fail(module.error());
  return (*module)->hmac(found->digest, key, text);
}

}  // namespace oauth_token
