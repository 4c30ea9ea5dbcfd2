#include "base/base64.hpp"
#include "crypto/algorithm.hpp"
#include "crypto/jwk.hpp"
#include "crypto/module.hpp"

#include <oauth_token/signing_key.hpp>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace signing_key_test {

using namespace oauth_token;
using Json = nlohmann::json;

namespace {

Json examples() {
  std::ifstream file(TEST_DATA "/rfc-keys.json");
  REQUIRE(file.good());
  return Json::parse(file);
}

std::string from_base64url(std::string_view text) {
  SecretBuffer bytes;
  REQUIRE(append_base64_decoded(bytes, text, Base64::url));
  return std::string(bytes.expose());
}

Result<SigningKey> parsed(const std::string& text) { return SigningKey::parse(Secret(text), "The key"); }
Result<SigningKey> parsed(const Json& jwk) { return parsed(jwk.dump()); }

SigningKey key_of(const Json& jwk) {
  auto key = parsed(jwk);
  if (!key) FAIL(key.error().message);
  return *key;
}

// Self-signed by the key of RFC 7515 A.3.
constexpr const char* certificate =
    "MIIBDDCBs6ADAgECAgEBMAoGCCqGSM49BAMCMA4xDDAKBgNVBAMMA2FwcDAiGA8yMDI2MDEwMTAwMDAwMFoYDzIwNTYwMTAx"
    "MDAwMDAwWjAOMQwwCgYDVQQDDANhcHAwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp"
    "7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWtMAoGCCqGSM49BAMCA0gAMEUCIQDriIAMJvfDTZKG"
    "4bdcqPQjenpO1A5lJ65BbVcICD3sEAIgb611g6OQPzkNYhDbJiAPeccDjap3zfVW7g1PYSFx/nU=";

std::string message_of(const Result<SigningKey>& key) { return key ? "" : key.error().message; }

Json with(Json jwk, const std::string& member, const Json& value) {
  jwk[member] = value;
  return jwk;
}

Json without(Json jwk, const std::vector<std::string>& members) {
  for (const std::string& member : members) jwk.erase(member);
  return jwk;
}

}  // namespace

TEST_CASE("a client secret signs as RFC 7515 A.1 does") {
  const Json example = examples()["RFC 7515 A.1"];
  const auto signature =
      hmac("HS256", from_base64url(example["secret"].get<std::string>()), example["text"].get<std::string>());
  REQUIRE(signature.has_value());
  CHECK(base64url(*signature) == example["signature"]);
  CHECK(hmac("HS384", "secret", "text").value().size() == 48);
  CHECK(hmac("HS512", "secret", "text").value().size() == 64);
  CHECK(hmac("RS256", "secret", "text").error().error_class == ErrorClass::usage);
}

TEST_CASE("signatures that are always the same are those of RFC 7515 A.2, RFC 8037 A.4 and RFC 8032 s7.4") {
  const Json all = examples();
  for (const char* const name : {"RFC 7515 A.2", "RFC 8037 A", "RFC 8032 7.4"}) {
    CAPTURE(name);
    const Json& example = all[name];
    const SigningKey key = key_of(example["key"]);
    const auto signature =
        key.sign(example["algorithm"].get<std::string>(), example["text"].get<std::string>());
    REQUIRE(signature.has_value());
    CHECK(base64url(*signature) == example["signature"]);
  }
}

TEST_CASE("an RSA key without its factors signs the same") {
  const Json example = examples()["RFC 7515 A.2"];
  const SigningKey key = key_of(without(example["key"], {"p", "q", "dp", "dq", "qi"}));
  CHECK(base64url(key.sign("RS256", example["text"].get<std::string>()).value()) == example["signature"]);
}

TEST_CASE("thumbprints are those of RFC 7638 s3.1, RFC 8037 A.3 and RFC 9449 s6.1") {
  const Json all = examples();
  CHECK(key_of(all["RFC 7517 A.2"]["keys"][1]).thumbprint() == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  CHECK(key_of(all["RFC 8037 A"]["key"]).thumbprint() == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  const Json& proof_key = all["RFC 9449 4.1"]["key"];
  const std::string text = public_jwk({.kind = KeyKind::p256,
                                       .x = from_base64url(proof_key["x"].get<std::string>()),
                                       .y = from_base64url(proof_key["y"].get<std::string>())});
  CHECK(base64url((*crypto())->sha256(text).value()) == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

TEST_CASE("the public key is RFC 7638's members in its order, and nothing of the private key") {
  const Json all = examples();
  struct {
    const char* name;
    std::vector<std::string> members;
  } const rows[] = {{"RFC 7515 A.2", {"e", "kty", "n"}},
                    {"RFC 7515 A.3", {"crv", "kty", "x", "y"}},
                    {"RFC 7515 A.4", {"crv", "kty", "x", "y"}},
                    {"RFC 8037 A", {"crv", "kty", "x"}}};
  for (const auto& row : rows) {
    CAPTURE(row.name);
    const Json& jwk = all[row.name]["key"];
    std::string expected = "{";
    for (const std::string& member : row.members)
      expected += (expected.size() > 1 ? ",\"" : "\"") + member + "\":" + jwk[member].dump();
    CHECK(key_of(jwk).public_jwk() == expected + "}");
  }
}

TEST_CASE("a private key is written as it was read") {
  const Json all = examples();
  for (const char* const name :
       {"RFC 7515 A.2", "RFC 7515 A.3", "RFC 7515 A.4", "RFC 8037 A", "RFC 8032 7.4"}) {
    CAPTURE(name);
    Json jwk = all[name]["key"];
    CHECK(Json::parse(key_of(jwk).private_jwk().value().expose()) == jwk);
    jwk["kid"] = "key \"1\"";
    jwk["alg"] = all[name]["algorithm"];
    CHECK(Json::parse(key_of(jwk).private_jwk().value().expose()) == jwk);
    jwk = without(jwk, {"p", "q", "dp", "dq", "qi"});
    CHECK(Json::parse(key_of(jwk).private_jwk().value().expose()) == jwk);
  }
}

TEST_CASE("each key names the algorithms that it can sign with, its own first, and signs with those alone") {
  const Json all = examples();
  const std::vector<std::string> rsa{"RS256", "PS256", "RS384", "PS384", "RS512", "PS512"};
  struct {
    Json jwk;
    std::vector<std::string> algorithms;
    std::size_t size;
  } const rows[] = {
      {all["RFC 7515 A.2"]["key"], rsa, 256},
      {with(all["RFC 7515 A.2"]["key"], "alg", "PS384"),
       {"PS384", "RS256", "PS256", "RS384", "RS512", "PS512"},
       256},
      {all["RFC 7515 A.3"]["key"], {"ES256"}, 64},
      {all["RFC 7515 A.4"]["key"], {"ES512"}, 132},
      {all["RFC 8037 A"]["key"], {"EdDSA", "Ed25519"}, 64},
      {with(all["RFC 8037 A"]["key"], "alg", "Ed25519"), {"Ed25519", "EdDSA"}, 64},
      {all["RFC 8032 7.4"]["key"], {"EdDSA", "Ed448"}, 114},
  };
  for (const auto& row : rows) {
    const SigningKey key = key_of(row.jwk);
    CHECK(key.algorithms() == row.algorithms);
    for (const std::string name : {"RS256", "PS256", "RS384", "PS384", "RS512", "PS512", "ES256", "ES384",
                                   "ES512", "EdDSA", "Ed25519", "Ed448", "HS256", "none", "", "rs256"}) {
      CAPTURE(name);
      const bool able = std::find(row.algorithms.begin(), row.algorithms.end(), name) != row.algorithms.end();
      CHECK(key.check_algorithm(name).has_value() == able);
      const auto signature = key.sign(name, "text");
      REQUIRE(signature.has_value() == able);
      if (able) CHECK(signature->size() == row.size);
      if (!able) CHECK(signature.error().error_class == ErrorClass::config);
    }
  }
  CHECK(key_of(all["RFC 7515 A.3"]["key"]).check_algorithm("RS\n256").error().message ==
        "The key holds an EC key on P-256, which cannot sign with \"RS\\x0a256\".");
}

TEST_CASE("a new key signs with the algorithm that it was made for") {
  for (const std::string name : {"RS256", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "Ed448"}) {
    CAPTURE(name);
    const auto key = SigningKey::generate(name);
    REQUIRE(key.has_value());
    CHECK(key->algorithms().front() == name);
    CHECK(key->sign(name, "text").has_value());
    const auto kept = SigningKey::parse(key->private_jwk().value(), "The kept key");
    REQUIRE(kept.has_value());
    CHECK(kept->thumbprint() == key->thumbprint());
    CHECK(kept->algorithms() == key->algorithms());
    CHECK(SigningKey::generate(name)->thumbprint() != key->thumbprint());
  }
  CHECK(Json::parse(SigningKey::generate("RS256")->public_jwk())["n"].get<std::string>().size() == 512);
  CHECK(SigningKey::generate("HS256").error().message == "No key can be made for the algorithm \"HS256\".");
}

TEST_CASE("many threads sign with one key at once") {
  const Json all = examples();
  for (const char* const name : {"RFC 7515 A.2", "RFC 8037 A"}) {
    const Json& example = all[name];
    const SigningKey key = key_of(example["key"]);
    const auto algorithm = example["algorithm"].get<std::string>();
    const auto text = example["text"].get<std::string>();
    std::atomic<int> right = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        for (int j = 0; j < 20; ++j)
          if (base64url(key.sign(algorithm, text).value_or("")) == example["signature"]) ++right;
      });
    threads.clear();
    CHECK(right == 160);
  }
}

TEST_CASE("copies of a key share it") {
  const SigningKey key = key_of(examples()["RFC 8037 A"]["key"]);
  const SigningKey copy = key;
  CHECK(copy.thumbprint() == key.thumbprint());
  CHECK(&copy.thumbprint() == &key.thumbprint());
  CHECK_FALSE(SigningKey());
}

TEST_CASE("the only private key of a set is taken, with its id") {
  const Json all = examples();
  Json keys = all["RFC 7517 A.2"]["keys"];
  const Json shown = without(keys[0], {"d"});
  const SigningKey key = key_of(Json{{"keys", {shown, keys[1]}}});
  CHECK(key.key_id() == "2011-04-29");
  CHECK(key.algorithms().front() == "RS256");
  CHECK(message_of(parsed(all["RFC 7517 A.2"])) == "The key holds 2 private keys.");
  CHECK(message_of(parsed(Json{{"keys", {shown}}})) == "The key holds a public JSON Web Key only.");
  CHECK(message_of(parsed(Json{{"keys", Json::array()}})) == "The key holds JSON, but no JSON Web Key.");
}

TEST_CASE("a JSON Web Key that cannot sign is refused with what is the matter") {
  const Json all = examples();
  const Json rsa = all["RFC 7515 A.2"]["key"];
  const Json ec = all["RFC 7515 A.3"]["key"];
  const Json edwards = all["RFC 8037 A"]["key"];
  const std::string mixed = "The key holds a JSON Web Key whose numbers do not belong together.";
  const std::string other = "The key holds a private key that does not belong to its own public part.";
  const auto missing = [](const std::string& name) {
    return "The key holds a JSON Web Key whose \"" + name + "\" is missing or no base64url.";
  };
  struct {
    Json jwk;
    std::string message;
  } const rows[] = {
      {without(ec, {"d"}), "The key holds a public JSON Web Key only."},
      {without(ec, {"kty"}), "The key holds JSON, but no JSON Web Key."},
      {without(ec, {"x"}), missing("x")},
      {without(ec, {"y"}), missing("y")},
      {without(rsa, {"n"}), missing("n")},
      {without(rsa, {"e"}), missing("e")},
      {without(rsa, {"qi"}), missing("qi")},
      {without(rsa, {"p"}), missing("p")},
      {without(rsa, {"p", "q"}), missing("p")},
      {without(rsa, {"p", "q", "dp"}), missing("p")},
      {without(rsa, {"p", "q", "dp", "dq"}), missing("p")},
      {with(rsa, "p", base64url(std::string(1, '\0'))), mixed},
      {with(rsa, "q", base64url(std::string(1, '\0'))), mixed},
      {without(edwards, {"x"}), missing("x")},
      {with(ec, "d", "jpsQnnGQmL+YBIffH1136cspYG6"), missing("d")},
      {with(ec, "d", 7), missing("d")},
      {with(ec, "d", ""), missing("d")},
      {with(ec, "x", base64url(std::string(33, '\x01'))), mixed},
      {with(ec, "y", base64url(std::string(33, '\x01'))), mixed},
      {with(ec, "x", all["RFC 7517 A.2"]["keys"][0]["x"]), mixed},
      {with(ec, "d", all["RFC 7517 A.2"]["keys"][0]["d"]), other},
      {with(ec, "d", base64url(std::string(33, '\x01'))), mixed},
      {with(edwards, "d", ec["d"]), mixed},
      {with(edwards, "d", "AAAA"), mixed},
      {with(rsa, "p", rsa["q"]), mixed},
      {with(rsa, "dp", rsa["dq"]), mixed},
      {with(rsa, "qi", rsa["dq"]), mixed},
      {with(without(rsa, {"p", "q", "dp", "dq", "qi"}), "d", all["RFC 7517 A.2"]["keys"][1]["d"]), other},
      {with(without(rsa, {"p", "q", "dp", "dq", "qi"}), "n", base64url(std::string(2049, '\x81'))),
       "The key holds an RSA key of 16392 bits, which is more than servers verify."},
      {with(rsa, "oth", Json::array()), "The key holds an RSA key with more than two primes."},
      {Json{{"kty", "oct"}}, "The key holds a shared secret (\"kty\":\"oct\"), which is no private key."},
      {Json{{"kty", "oct"}, {"k", "c2VjcmV0"}},
       "The key holds a shared secret (\"kty\":\"oct\"), which is no private key."},
      {with(edwards, "crv", "X25519"),
       "The key holds a JSON Web Key of the type \"OKP\" on the curve \"X25519\", which no JWT is signed "
       "with."},
      {with(ec, "crv", "secp256k1"),
       "The key holds a JSON Web Key of the type \"EC\" on the curve \"secp256k1\", which no JWT is signed "
       "with."},
      {without(ec, {"crv"}), "The key holds a JSON Web Key of the type \"EC\", which no JWT is signed with."},
      {with(ec, "kty", "AKP"),
       "The key holds a JSON Web Key of the type \"AKP\" on the curve \"P-256\", which no JWT is signed "
       "with."},
      {with(ec, "use", "enc"),
       "The key holds a JSON Web Key that is not meant to sign, by its \"use\" or \"key_ops\"."},
      {with(ec, "key_ops", {"verify"}),
       "The key holds a JSON Web Key that is not meant to sign, by its \"use\" or \"key_ops\"."},
      {with(with(ec, "use", "enc"), "key_ops", {"sign"}),
       "The key holds a JSON Web Key that is not meant to sign, by its \"use\" or \"key_ops\"."},
      {with(ec, "alg", "ECDH-ES"),
       "The key holds a JSON Web Key for the algorithm \"ECDH-ES\", but it is an EC key on P-256."},
      {with(rsa, "alg", "HS256"),
       "The key holds a JSON Web Key for the algorithm \"HS256\", but it is an RSA key."},
  };
  for (const auto& row : rows) {
    const auto key = parsed(row.jwk);
    CHECK(message_of(key) == row.message);
    if (key) continue;
    CHECK(key.error().error_class == ErrorClass::config);
    CHECK_FALSE(key.error().hint.empty());
  }
}

TEST_CASE("a JSON Web Key may say that it signs, and be called a set by a member that means nothing there") {
  const Json ec = examples()["RFC 7515 A.3"]["key"];
  const std::string thumbprint = key_of(ec).thumbprint();
  for (const Json& jwk :
       {with(ec, "key_ops", {"verify", "sign"}), with(ec, "use", "sig"), with(ec, "keys", Json::array())})
    CHECK(key_of(jwk).thumbprint() == thumbprint);
}

TEST_CASE("the first certificate of a JSON Web Key is named where it is the key's own") {
  const Json all = examples();
  const Json ec = all["RFC 7515 A.3"]["key"];
  const SigningKey key = key_of(with(ec, "x5c", {certificate, "another"}));
  CHECK(key.certificate_sha1() == "yLd-vVWZZ554bWgqxc0eAUq5Cew");
  CHECK(key.certificate_sha256() == "7ARrtVkl0frt6cqOHfAnRXbuEWOpaM-2ql6PvY-cp1A");
  const SigningKey other = key_of(with(all["RFC 7515 A.2"]["key"], "x5c", {certificate}));
  CHECK(other.certificate_sha1() == "");
  CHECK(key_of(with(ec, "x5c", Json::array())).certificate_sha256() == "");
  CHECK(key_of(with(ec, "x5c", certificate)).certificate_sha256() == "");
  CHECK(key_of(with(ec, "x5c", {"no base64"})).certificate_sha256() == "");
  CHECK(message_of(parsed(with(ec, "x5c", {"AAAA"}))) == "The key holds a damaged certificate.");
}

TEST_CASE("a text that is no key is refused with what it is") {
  struct {
    std::string text;
    std::string message;
  } const rows[] = {
      {"", "The key is empty."},
      {" \n", "The key is empty."},
      {"{", "The key holds no JSON Web Key: its JSON ends too early (at byte 1)."},
      {"-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
       "The key holds a PEM block \"PRIVATE KEY\" that is no base64."},
      {"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
       "The key holds a PEM block \"PRIVATE KEY\" that is no base64."},
      {"-----BEGIN PRIVATE KEY-----\nMAAA\n-----END PRIVATE KEY-----\n",
       "The key holds a private key that is damaged or of an unknown type."},
      {"-----BEGIN PRIVATE KEY-----\nMAAA\n", "The key is neither PEM, PKCS#12 nor a JSON Web Key."},
      {"-----BEGIN PRIVATE KEY", "The key is neither PEM, PKCS#12 nor a JSON Web Key."},
      {"-----BEGIN DSA PRIVATE KEY-----\nVersion: 1\nMAAA-----END DSA PRIVATE KEY-----\n",
       "The key holds a private key that is damaged or of an unknown type."},
      {"-----BEGIN X509 CERTIFICATE-----\nMAAA\n-----END X509 CERTIFICATE-----\n",
       "The key holds a damaged certificate."},
      {"-----BEGIN TRUSTED CERTIFICATE-----\nMAAA\n-----END TRUSTED CERTIFICATE-----\n",
       "The key holds a damaged certificate."},
      {"\xef\xbb\xbf{}", "The key holds JSON, but no JSON Web Key."},
      {"-----BEGIN OPENSSH PRIVATE KEY-----\nMAAA\n-----END OPENSSH PRIVATE KEY-----\n",
       "The key holds a private key in OpenSSH's own format."},
      {"-----BEGIN PUBLIC KEY-----\nMAAA\n-----END PUBLIC KEY-----\n", "The key holds a public key only."},
      {"-----BEGIN OTHER-----\nMAAA\n-----END OTHER-----\n", "The key holds no private key."},
  };
  for (const auto& row : rows) {
    const auto key = parsed(row.text);
    CHECK(message_of(key) == row.message);
    if (!key) CHECK(key.error().error_class == ErrorClass::config);
  }
}

}  // namespace signing_key_test
