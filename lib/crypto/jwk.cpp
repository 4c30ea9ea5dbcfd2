#include "crypto/jwk.hpp"

#include "base/base64.hpp"
#include "crypto/algorithm.hpp"
#include "crypto/unusable.hpp"

#include <oauth_token/json.hpp>
#include <oauth_token/text.hpp>

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace oauth_token {
namespace {

constexpr std::size_t longest_shown_name = 100;

// The private keys of a JWK or a JWK set, and how many keys there are.
std::vector<json::Value> private_keys(json::Value root, std::size_t& all) {
  const auto is_private = [](json::Value key) { return key["d"] || key["k"] || key["kty"].text() == "oct"; };
  std::vector<json::Value> found;
  all = 0;
  if (root["keys"].type() == json::Type::array && !root["kty"]) {
    for (const json::Value key : root["keys"]) {
      ++all;
      if (is_private(key)) found.push_back(key);
    }
  } else if (root["kty"]) {
    all = 1;
    if (is_private(root)) found.push_back(root);
  }
  return found;
}

// Nothing when the member is missing, no text or no base64url.
std::optional<Secret> bytes_of(json::Value value) {
  const auto text = value.text();
  SecretBuffer bytes;
  if (!text || text->empty() || !append_base64_decoded(bytes, *text, Base64::url)) return std::nullopt;
  return bytes.take();
}

Result<void> read_numbers(json::Value key, KeyNumbers& numbers, const std::string& source) {
  const bool rsa = numbers.kind == KeyKind::rsa;
  const bool ec = facts_of(numbers.kind).type == "EC";
  struct Member {
    const char* name;
    bool needed;
    std::string* open;
    Secret* secret;
  };
  const bool factors = rsa && (key["p"] || key["q"] || key["dp"] || key["dq"] || key["qi"]);
  const std::array<Member, 10> members{{{"n", rsa, &numbers.n, nullptr},
                                        {"e", rsa, &numbers.e, nullptr},
                                        {"x", !rsa, &numbers.x, nullptr},
                                        {"y", ec, &numbers.y, nullptr},
                                        {"d", true, nullptr, &numbers.d},
                                        {"p", factors, nullptr, &numbers.p},
                                        {"q", factors, nullptr, &numbers.q},
                                        {"dp", factors, nullptr, &numbers.dp},
                                        {"dq", factors, nullptr, &numbers.dq},
                                        {"qi", factors, nullptr, &numbers.qi}}};
  for (const Member& member : members) {
    if (!member.needed) continue;
    auto bytes = bytes_of(key[member.name]);
    if (!bytes)
      return unusable(
          source,
          std::string("holds a JSON Web Key whose \"") + member.name + "\" is missing or no base64url",
          "A private key has all the members of RFC 7518 s6 or RFC 8037 s2.");
    if (member.open != nullptr)
      *member.open = bytes->expose();
    else
      *member.secret = std::move(*bytes);
  }
  return {};
}

// RFC 7517 s4.2 to s4.4.
Result<void> check_purpose(json::Value key, KeyKind kind, const std::string& source) {
  bool may_sign = key["use"].text().value_or("sig") == "sig";
  if (key["key_ops"].type() == json::Type::array) {
    bool listed = false;
    for (const json::Value operation : key["key_ops"]) listed = listed || operation.text() == "sign";
    may_sign = may_sign && listed;
  }
  if (!may_sign)
    return unusable(source, "holds a JSON Web Key that is not meant to sign, by its \"use\" or \"key_ops\"",
                    "Take the key that is registered for signing.");
  const auto algorithm = key["alg"].text();
  if (algorithm && !scheme_of(kind, *algorithm))
    return unusable(source,
                    "holds a JSON Web Key for the algorithm " +
                        quote_for_terminal(*algorithm, longest_shown_name) + ", but it is " +
                        std::string(facts_of(kind).in_text),
                    "Its \"alg\" must be one that such a key signs with.");
  return {};
}

Result<json::Value> only_private_key(json::Value root, const std::string& source) {
  std::size_t all = 0;
  const auto keys = private_keys(root, all);
  if (keys.size() == 1) return keys.front();
  if (keys.size() > 1)
    return unusable(source, "holds " + std::to_string(keys.size()) + " private keys",
                    "Keep the one that is to sign in a file of its own.");
  if (all == 0)
    return unusable(source, "holds JSON, but no JSON Web Key",
                    "A key is an object with \"kty\", a set of keys has them in \"keys\".");
  return unusable(source, "holds a public JSON Web Key only",
                  "Signing needs the private one, which has the member \"d\" too.");
}

Result<KeyKind> kind_of_jwk(json::Value key, const std::string& source) {
  const auto type = key["kty"].text().value_or("");
  const auto curve = type == "RSA" ? "" : key["crv"].text().value_or("");
  if (type == "oct")
    return unusable(source, "holds a shared secret (\"kty\":\"oct\"), which is no private key",
                    "To sign with the client secret, use client_secret_jwt.");
  if (key["oth"])
    return unusable(source, "holds an RSA key with more than two primes", "Take a key with two.");
  if (const auto kind = kind_from(type, curve)) return *kind;
  return unusable(
      source,
      "holds a JSON Web Key of the type " + quote_for_terminal(type, longest_shown_name) +
          (curve.empty() ? std::string() : " on the curve " + quote_for_terminal(curve, longest_shown_name)) +
          ", which no JWT is signed with",
      "Keys that can sign are RSA, EC on P-256, P-384 and P-521, Ed25519 and Ed448.");
}

Secret encoded(std::string_view bytes) {
  SecretBuffer text;
  append_base64(text, bytes, Base64::url);
  return text.take();
}

void write_public(json::Writer& out, const KeyNumbers& numbers) {
  const KindFacts& facts = facts_of(numbers.kind);
  const auto write = [&](const char* name, const std::string& number) {
    if (!number.empty()) out.member(name, encoded(number).expose());
  };
  out.optional_member("crv", facts.curve);
  write("e", numbers.e);
  out.member("kty", facts.type);
  write("n", numbers.n);
  write("x", numbers.x);
  write("y", numbers.y);
}

}  // namespace

Result<Jwk> parse_jwk(const Secret& text, const std::string& source) {
  const auto document = json::parse(text.copy());
  if (!document)
    return unusable(source,
                    "holds no JSON Web Key: its JSON " + std::string(document.error().what) + " (at byte " +
                        std::to_string(document.error().offset) + ")",
                    "See RFC 7517 s4 for what a key looks like.");
  const auto key = only_private_key(document->root(), source);
  if (!key) return fail(key.error());
  const auto kind = kind_of_jwk(*key, source);
  if (!kind) return fail(kind.error());
  if (auto fit = check_purpose(*key, *kind, source); !fit) return fail(std::move(fit.error()));
  Jwk jwk{.numbers = {.kind = *kind},
          .key_id = std::string((*key)["kid"].text().value_or("")),
          .algorithm = std::string((*key)["alg"].text().value_or(""))};
  if (auto read = read_numbers(*key, jwk.numbers, source); !read) return fail(std::move(read.error()));
  if (const auto chain = (*key)["x5c"]; chain.type() == json::Type::array && chain.begin() != chain.end()) {
    SecretBuffer der;
    if (append_base64_decoded(der, (*chain.begin()).text().value_or(""))) jwk.certificate = der.expose();
  }
  return jwk;
}

std::string public_jwk(const KeyNumbers& numbers) {
  json::Writer out;
  out.begin_object();
  write_public(out, numbers);
  out.end_object();
  return std::string(out.expose());
}

Secret private_jwk(const KeyNumbers& numbers, const std::string& key_id, const std::string& algorithm) {
  json::Writer out;
  out.begin_object();
  write_public(out, numbers);
  const std::array<std::pair<const char*, const Secret*>, 6> parts{{{"d", &numbers.d},
                                                                    {"p", &numbers.p},
                                                                    {"q", &numbers.q},
                                                                    {"dp", &numbers.dp},
                                                                    {"dq", &numbers.dq},
                                                                    {"qi", &numbers.qi}}};
  for (const auto& [name, number] : parts)
    if (!number->empty()) out.member(name, encoded(number->expose()).expose());
  out.optional_member("kid", key_id).optional_member("alg", algorithm).end_object();
  return out.take();
}

}  // namespace oauth_token
