#include "crypto/key_material.hpp"

#include "base/reading.hpp"
#include "crypto/jwk.hpp"
#include "crypto/module.hpp"
#include "crypto/pem.hpp"

#include <oauth_token/secret_source.hpp>
#include <oauth_token/text.hpp>

#include <string_view>
#include <utility>

namespace oauth_token {
namespace {

tl::unexpected<Error> unusable(const std::string& source, const std::string& what, std::string hint) {
  return fail(Error{.error_class = ErrorClass::config,
                    .message = source + " " + what + ".",
                    .hint = std::move(hint),
                    .reason = "key"});
}

tl::unexpected<Error> damaged(const std::string& source, std::string_view label) {
  return unusable(source,
                  "holds a PEM block \"" + escape_for_terminal(label.substr(0, 60)) + "\" that is no base64",
                  "The file was cut or changed: take it anew from where it was made.");
}

bool is_private_key(std::string_view label) {
  return label == "PRIVATE KEY" || label == "RSA PRIVATE KEY" || label == "EC PRIVATE KEY" ||
         label == "DSA PRIVATE KEY";
}

Result<void> add_pem_block(const CryptoModule& module, const PemBlock& block, KeyMaterial& material) {
  const std::string& source = material.source;
  if (block.encrypted)
    return unusable(source, "is encrypted", "Decrypt it, or name a key that is not encrypted.");
  if (block.label == "OPENSSH PRIVATE KEY")
    return unusable(source, "holds a private key in OpenSSH's own format",
                    "Make a copy of it and rewrite the copy with: ssh-keygen -p -m PEM -f COPY");
  if (block.label.ends_with("PUBLIC KEY")) material.contents.public_key = true;
  if (!is_private_key(block.label)) return {};
  const auto der = pem_bytes(block);
  if (!der) return damaged(source, block.label);
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
  return {};
}

}  // namespace

Result<KeyMaterial> parse_key_material(const Secret& text, const std::string& source,
                                       const PassphraseSource& /*passphrase*/, std::stop_token /*stop*/) {
  const auto& module = crypto();
  if (!module) return fail(module.error());
  KeyMaterial material{.source = source};
  std::string_view all = text.expose();
  const auto first = all.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return unusable(source, "is empty", "Name the file of a private key.");
  if (all[first] == '{' || all.starts_with("\xef\xbb\xbf{")) {
    if (auto added = add_jwk(**module, text, material); !added) return fail(std::move(added.error()));
    return material;
  }
  const auto blocks = pem_blocks(all);
  if (blocks.empty())
    return unusable(source, "is neither PEM nor a JSON Web Key", "Name the file of a private key.");
  for (const PemBlock& block : blocks)
    if (auto added = add_pem_block(**module, block, material); !added) return fail(std::move(added.error()));
  return material;
}

Result<KeyMaterial> read_key_material(const std::string& location, const PassphraseSource& passphrase,
                                      std::stop_token stop) {
  auto file = read_file(location, stop);
  if (!file) return fail(std::move(file.error()));
  const std::string source = file_in_messages(location);
  if (file->bytes.size() > secret_source_limit)
    return unusable(source, "holds more than 64 KiB: that is no key", "Name the file of a private key.");
  auto material = parse_key_material(file->bytes.take(), source, passphrase, std::move(stop));
  if (material && file->others_may_read && !material->contents.keys.empty())
    material->warnings.push_back(
        source + " holds a private key that other users may read: chmod 600 would mend that.");
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

}  // namespace oauth_token
