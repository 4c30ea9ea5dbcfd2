#include "crypto/key_material.hpp"

#include "base/guarded.hpp"
#include "base/reading.hpp"
#include "crypto/algorithm.hpp"
#include "crypto/jwk.hpp"
#include "crypto/module.hpp"
#include "crypto/pem.hpp"
#include "crypto/unusable.hpp"

#include <oauth_token/secret_source.hpp>
#include <oauth_token/signing_key.hpp>
#include <oauth_token/text.hpp>

#include <algorithm>
#include <exception>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

namespace oauth_token {
namespace {

tl::unexpected<Error> damaged_pem(const std::string& source, std::string_view label) {
  return unusable(source, "holds a PEM block " + quote_for_terminal(label, 60) + " that is no base64",
                  "The file was cut or changed: take it anew from where it was made.");
}

// Asks once, however many parts are encrypted, and remembers why there is no answer. What the source throws
// must not pass through OpenSSL's frames, which would be left with locks held and buffers not cleared.
class Question {
 public:
  Question(const PassphraseSource& source, std::stop_token stop) : source_(source), stop_(std::move(stop)) {}

  const Secret* answer(const std::string& source) noexcept {
    try {
      if (!answer_ && !thrown_) answer_ = source_ ? source_(stop_) : Result<Secret>(unanswered(source));
    } catch (...) {
      thrown_ = std::current_exception();
    }
    return answer_ && answer_->has_value() ? &**answer_ : nullptr;
  }
  [[nodiscard]] Error failure_or(Error other) const {
    if (thrown_) return thrown_by("source of the passphrase", thrown_);
    if (answer_ && !answer_->has_value()) return answer_->error();
    return other;
  }

 private:
  static tl::unexpected<Error> unanswered(const std::string& source) {
    return unusable(source, "is locked, and no passphrase or PIN was given",
                    "Say where the passphrase or PIN is to come from.");
  }
  const PassphraseSource& source_;
  std::stop_token stop_;
  std::optional<Result<Secret>> answer_;
  std::exception_ptr thrown_;
};

Result<void> add_from_store(const CryptoModule& module, std::string_view text, Question& question,
                            KeyMaterial& material) {
  const std::string& source = material.source;
  auto found = module.read_store(
      text, [&question, &source] { return question.answer(source); }, source);
  if (!found) return fail(question.failure_or(std::move(found.error())));
  std::move(found->keys.begin(), found->keys.end(), std::back_inserter(material.contents.keys));
  std::move(found->certificates.begin(), found->certificates.end(),
            std::back_inserter(material.contents.certificates));
  material.contents.public_key = material.contents.public_key || found->public_key;
  return {};
}

bool is_certificate(std::string_view label) {
  return label == "CERTIFICATE" || label == "X509 CERTIFICATE" || label == "TRUSTED CERTIFICATE";
}

bool is_private_key(std::string_view label) {
  return label == "PRIVATE KEY" || label == "RSA PRIVATE KEY" || label == "EC PRIVATE KEY" ||
         label == "DSA PRIVATE KEY";
}

Result<void> add_certificate(const CryptoModule& module, std::string_view der, KeyMaterial& material) {
  auto certificate = module.certificate_from_der(der, material.source);
  if (!certificate) return fail(std::move(certificate.error()));
  material.contents.certificates.push_back(std::move(*certificate));
  return {};
}

Result<void> add_pem_block(const CryptoModule& module, const PemBlock& block, Question& question,
                           KeyMaterial& material) {
  const std::string& source = material.source;
  if (block.encrypted) return add_from_store(module, block.whole, question, material);
  if (block.label == "OPENSSH PRIVATE KEY")
    return unusable(source, "holds a private key in OpenSSH's own format",
                    "Make a copy of it and rewrite the copy with: ssh-keygen -p -m PEM -f COPY");
  if (block.label.ends_with("PUBLIC KEY")) material.contents.public_key = true;
  if (!is_private_key(block.label) && !is_certificate(block.label)) return {};
  const auto der = pem_bytes(block);
  if (!der) return damaged_pem(source, block.label);
  if (is_certificate(block.label)) return add_certificate(module, der->expose(), material);
  auto key = module.key_from_der(der->expose(), source);
  if (!key) return fail(std::move(key.error()));
  material.contents.keys.push_back(std::move(*key));
  return {};
}

Result<void> add_jwk(const CryptoModule& module, const Secret& text, KeyMaterial& material) {
  auto jwk = parse_jwk(text, material.source);
  if (!jwk) return fail(std::move(jwk.error()));
  auto key = module.key_from_numbers(jwk->numbers, material.source);
  if (!key) return fail(std::move(key.error()));
  material.contents.keys.push_back(std::move(*key));
  material.key_id = std::move(jwk->key_id);
  material.algorithm = std::move(jwk->algorithm);
  if (jwk->certificate.empty()) return {};
  return add_certificate(module, jwk->certificate, material);
}

Result<KeyMaterial> read_token_key(const std::string& uri, const PassphraseSource& passphrase,
                                   std::stop_token stop) {
  if (auto allowed = check_key_location(uri, "The key's PKCS#11 URI"); !allowed)
    return fail(std::move(allowed.error()));
  KeyMaterial material{.source = "The key " + quote_for_terminal(uri), .in_token = true};
  const auto& module = crypto();
  if (!module) return fail(module.error());
  Question question(passphrase, std::move(stop));
  auto key = (*module)->read_token(
      uri, [&] { return question.answer(material.source); }, material.source);
  if (!key) return fail(question.failure_or(std::move(key.error())));
  material.contents.keys.push_back(std::move(*key));
  return material;
}

}  // namespace

Result<KeyMaterial> parse_key_material(const Secret& text, const std::string& source,
                                       const PassphraseSource& passphrase, std::stop_token stop) {
  const auto& module = crypto();
  if (!module) return fail(module.error());
  KeyMaterial material{.source = source};
  Question question(passphrase, std::move(stop));
  const auto read = [&]() -> Result<void> {
    const std::string_view all = text.expose();
    const auto first = all.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos)
      return unusable(source, "is empty", "Name the file of a private key or a certificate.");
    if (all[first] == '{' || all.starts_with("\xef\xbb\xbf{")) return add_jwk(**module, text, material);
    const auto blocks = pem_blocks(all);
    if (blocks.empty()) return add_from_store(**module, all, question, material);
    for (const PemBlock& block : blocks)
      if (auto added = add_pem_block(**module, block, question, material); !added) return added;
    return {};
  };
  if (auto done = read(); !done) return fail(std::move(done.error()));
  return material;
}

Result<KeyMaterial> read_key_material(const std::string& location, const PassphraseSource& passphrase,
                                      std::stop_token stop) {
  if (is_key_in_token(location)) return read_token_key(location, passphrase, std::move(stop));
  auto file = read_file(location, stop);
  if (!file) return fail(std::move(file.error()));
  const std::string source = file_in_messages(location);
  if (file->bytes.size() > secret_source_limit)
    return unusable(source, "holds more than 64 KiB: that is no key",
                    "Name the file of a private key or a certificate.");
  auto material = parse_key_material(file->bytes.take(), source, passphrase, std::move(stop));
  if (material && file->others_may_read && !material->contents.keys.empty())
    material->warnings.push_back("The private key in " + quote_for_terminal(location) +
                                 " can be read by other users: chmod 600 mends that.");
  return material;
}

Result<KeyObject> only_key(const KeyMaterial& material) {
  const KeyContents& contents = material.contents;
  if (contents.keys.size() == 1) return contents.keys.front();
  if (contents.keys.size() > 1)
    return unusable(material.source, "holds " + std::to_string(contents.keys.size()) + " private keys",
                    "Keep the one that is to sign in a file of its own.");
  const char* const what = contents.public_key              ? "holds a public key only"
                           : !contents.certificates.empty() ? "holds a certificate only"
                                                            : "holds no private key";
  return unusable(material.source, what, "Name the file of the private key that belongs to it.");
}

Result<KeyAbility> ability_of(const CryptoModule& module, const KeyObject& key, const KeyMaterial& material) {
  const auto kind = module.kind_of(key, material.source);
  if (!kind) return fail(kind.error());
  KeyAbility ability{.kind = *kind, .algorithms = algorithms_of(*kind)};
  // Its own parameters may allow some only.
  if (*kind == KeyKind::rsa_pss)
    std::erase_if(ability.algorithms, [&](const std::string& name) {
      return !module.signer(key, *scheme_of(*kind, name)).has_value();
    });
  if (ability.algorithms.empty())
    return unusable(material.source, "holds an RSA key whose parameters allow no PS algorithm",
                    "Make a key without parameters.");
  if (material.in_token) return ability;
  if (auto fits = module.check_key(key, *scheme_of(*kind, ability.algorithms.front()), material.source);
      !fits)
    return fail(std::move(fits.error()));
  return ability;
}

CertificateObject certificate_for(const CryptoModule& module, const KeyObject& key,
                                  const KeyContents& contents) {
  for (const CertificateObject& certificate : contents.certificates)
    if (module.belong(certificate, key)) return certificate;
  return nullptr;
}

}  // namespace oauth_token
