#include "base/base64.hpp"
#include "crypto/algorithm.hpp"
#include "crypto/jwk.hpp"
#include "crypto/key_material.hpp"
#include "crypto/module.hpp"

#include <oauth_token/signing_key.hpp>
#include <oauth_token/text.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace oauth_token {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

using Signer = std::shared_ptr<evp_md_ctx_st>;

}  // namespace

class SigningKey::Key {
 public:
  static Result<SigningKey> make(const KeyMaterial& material);

  [[nodiscard]] Result<void> check_algorithm(std::string_view algorithm) const;
  [[nodiscard]] Result<std::string> sign(std::string_view algorithm, std::string_view text) const;

  const CryptoModule* module = nullptr;
  std::string source;
  KeyObject object;
  KeyKind kind = KeyKind::rsa;
  bool in_token = false;
  std::vector<std::string> algorithms;
  std::string key_id, algorithm, public_jwk, thumbprint, certificate_sha1, certificate_sha256;
  std::vector<std::string> warnings;

 private:
  [[nodiscard]] tl::unexpected<Error> failed(Error error) const;
  Result<void> name_certificate(const KeyContents& contents);
  [[nodiscard]] Result<Signer> signer(std::string_view name, const SignatureScheme& scheme) const;

  // Making one ready costs as much as some signatures do.
  mutable std::mutex mutex_;
  mutable std::map<std::string, Signer, std::less<>> signers_;
};

Result<SigningKey> SigningKey::Key::make(const KeyMaterial& material) {
  auto object = only_key(material);
  if (!object) return fail(std::move(object.error()));
  const CryptoModule& module = **crypto();
  auto ability = ability_of(module, *object, material);
  if (!ability) return fail(std::move(ability.error()));
  const auto key = std::make_shared<Key>();
  key->module = &module;
  key->source = material.source;
  key->object = std::move(*object);
  key->kind = ability->kind;
  key->algorithms = std::move(ability->algorithms);
  key->in_token = material.in_token;
  key->key_id = material.key_id;
  key->algorithm = material.algorithm;
  key->warnings = material.warnings;
  auto& names = key->algorithms;
  if (const auto own = std::find(names.begin(), names.end(), key->algorithm); own != names.end())
    std::rotate(names.begin(), own, own + 1);
  const auto numbers = module.numbers_of(key->object, key->kind, false);
  if (!numbers) return fail(numbers.error());
  key->public_jwk = oauth_token::public_jwk(*numbers);
  const auto digest = module.sha256(key->public_jwk);
  if (!digest) return fail(digest.error());
  key->thumbprint = base64url(*digest);
  if (auto named = key->name_certificate(material.contents); !named) return fail(std::move(named.error()));
  return SigningKey(key);
}

Result<void> SigningKey::Key::name_certificate(const KeyContents& contents) {
  const auto certificate = certificate_for(*module, object, contents);
  if (!certificate) return {};
  const auto facts = module->facts_of_certificate(certificate);
  if (!facts) return fail(facts.error());
  const auto sha1 = module->sha1(facts->der);
  const auto sha256 = module->sha256(facts->der);
  if (!sha1 || !sha256) return fail(sha1 ? sha256.error() : sha1.error());
  certificate_sha1 = base64url(*sha1);
  certificate_sha256 = base64url(*sha256);
  return {};
}

Result<void> SigningKey::Key::check_algorithm(std::string_view name) const {
  if (std::find(algorithms.begin(), algorithms.end(), name) != algorithms.end()) return {};
  return fail(Error{.error_class = ErrorClass::config,
                    .message = source + " holds " + std::string(facts_of(kind).in_text) +
                               ", which cannot sign with " + quote_for_terminal(name, 60) + ".",
                    .hint = "It can sign with " + joined(algorithms) + ".",
                    .reason = "algorithm"});
}

Result<Signer> SigningKey::Key::signer(std::string_view name, const SignatureScheme& scheme) const {
  const std::lock_guard lock(mutex_);
  if (const auto found = signers_.find(name); found != signers_.end()) return found->second;
  auto made = module->signer(object, scheme);
  if (made) signers_.emplace(name, *made);
  return made;
}

Result<std::string> SigningKey::Key::sign(std::string_view name, std::string_view text) const {
  if (auto able = check_algorithm(name); !able) return fail(std::move(able.error()));
  const auto scheme = scheme_of(kind, name);
  const auto ready = signer(name, *scheme);
  if (!ready) return failed(ready.error());
  auto signature = module->sign(**ready, *scheme, text);
  if (!signature) return failed(std::move(signature.error()));
  return signature;
}

tl::unexpected<Error> SigningKey::Key::failed(Error error) const {
  if (!in_token) return fail(std::move(error));
  return fail(Error{.error_class = ErrorClass::config,
                    .message = source + " did not sign: its token is gone or does not do that.",
                    .hint = "Check that the token is there, and try another algorithm.",
                    .reason = "token"});
}

Result<SigningKey> SigningKey::read(const std::string& location, const PassphraseSource& passphrase,
                                    std::stop_token stop) {
  auto material = read_key_material(location, passphrase, std::move(stop));
  if (!material) return fail(std::move(material.error()));
  return Key::make(*material);
}

Result<SigningKey> SigningKey::parse(const Secret& text, const std::string& name,
                                     const PassphraseSource& passphrase, std::stop_token stop) {
  auto material = parse_key_material(text, name, passphrase, std::move(stop));
  if (!material) return fail(std::move(material.error()));
  return Key::make(*material);
}

Result<SigningKey> SigningKey::generate(std::string_view algorithm) {
  const auto kind = kind_for(algorithm);
  if (!kind)
    return fail(ErrorClass::config,
                "No key can be made for the algorithm " + quote_for_terminal(algorithm, 60) + ".",
                "Take one of RFC 7518 s3.1 or RFC 8037 that signs with a private key, e.g. ES256.");
  const auto& module = crypto();
  if (!module) return fail(module.error());
  auto key = (*module)->generate_key(*kind);
  if (!key) return fail(std::move(key.error()));
  return Key::make(
      {.source = "The new key", .contents = {.keys = {*key}}, .algorithm = std::string(algorithm)});
}

std::vector<std::string> SigningKey::algorithms() const { return key_->algorithms; }
Result<void> SigningKey::check_algorithm(std::string_view algorithm) const {
  return key_->check_algorithm(algorithm);
}
Result<std::string> SigningKey::sign(std::string_view algorithm, std::string_view text) const {
  return key_->sign(algorithm, text);
}
const std::string& SigningKey::key_id() const noexcept { return key_->key_id; }
const std::string& SigningKey::public_jwk() const noexcept { return key_->public_jwk; }
const std::string& SigningKey::thumbprint() const noexcept { return key_->thumbprint; }
const std::string& SigningKey::certificate_sha1() const noexcept { return key_->certificate_sha1; }
const std::string& SigningKey::certificate_sha256() const noexcept { return key_->certificate_sha256; }
const std::vector<std::string>& SigningKey::warnings() const noexcept { return key_->warnings; }

Result<Secret> SigningKey::private_jwk() const {
  if (key_->in_token)
    return fail(Error{.error_class = ErrorClass::config,
                      .message = key_->source + " never leaves its token, so it cannot be kept elsewhere.",
                      .hint = "Name the token's key again each time.",
                      .reason = "key"});
  auto numbers = key_->module->numbers_of(key_->object, key_->kind, true);
  if (!numbers) return fail(std::move(numbers.error()));
  return oauth_token::private_jwk(*numbers, key_->key_id, key_->algorithm);
}

}  // namespace oauth_token
