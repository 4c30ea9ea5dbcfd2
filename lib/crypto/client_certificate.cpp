#include "base/base64.hpp"
#include "base/clock.hpp"
#include "crypto/certificate_parts.hpp"
#include "crypto/key_material.hpp"
#include "crypto/module.hpp"

#include <oauth_token/client_certificate.hpp>
#include <oauth_token/text.hpp>

#include <optional>
#include <utility>

namespace oauth_token {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

tl::unexpected<Error> unusable_certificate(std::string message, std::string hint,
                                           std::string reason = "certificate") {
  return fail(Error{.error_class = ErrorClass::config,
                    .message = std::move(message),
                    .hint = std::move(hint),
                    .reason = std::move(reason)});
}

Result<void> check_dates(const std::string& source, sys_seconds begins, sys_seconds ends) {
  const sys_seconds today = now();
  if (today > ends)
    return unusable_certificate(source + " holds a certificate that ended at " + to_text(ends) + ".",
                                "Get a new one from whoever issued it.", "expired");
  if (today < begins)
    return unusable_certificate(source + " holds a certificate that begins only at " + to_text(begins) + ".",
                                "Check this machine's clock, or wait until then.", "not_yet_valid");
  return {};
}

Result<std::shared_ptr<const ClientCertificate::Parts>> pair(const KeyMaterial& certificates,
                                                             const KeyMaterial& with_key,
                                                             const std::string& if_no_pair) {
  const CryptoModule& module = **crypto();
  auto parts = std::make_shared<ClientCertificate::Parts>();
  auto key = only_key(with_key);
  if (!key) return fail(std::move(key.error()));
  parts->key = std::move(*key);
  if (auto able = ability_of(module, parts->key, with_key); !able) return fail(std::move(able.error()));
  parts->certificate = certificate_for(module, parts->key, certificates.contents);
  if (!parts->certificate)
    return unusable_certificate(if_no_pair, "Certificate and private key must be a pair.");
  for (const CertificateObject& each : certificates.contents.certificates)
    if (each != parts->certificate) parts->chain.push_back(each);

  const auto facts = module.facts_of_certificate(parts->certificate);
  if (!facts) return fail(facts.error());
  const sys_seconds ends{seconds(facts->ends)};
  if (auto valid = check_dates(certificates.source, sys_seconds(seconds(facts->begins)), ends); !valid)
    return fail(std::move(valid.error()));
  const auto digest = module.sha256(facts->der);
  if (!digest) return fail(digest.error());
  parts->subject = escape_for_terminal(facts->subject);
  parts->valid_until = ends;
  parts->sha256 = base64url(*digest);
  parts->warnings = with_key.warnings;
  return parts;
}

}  // namespace

Result<ClientCertificate> ClientCertificate::read(const std::string& certificate, const std::string& key,
                                                  const PassphraseSource& passphrase, std::stop_token stop) {
  const auto material = read_key_material(certificate, passphrase, stop);
  if (!material) return fail(material.error());
  if (material->contents.certificates.empty())
    return unusable_certificate(material->source + " holds no certificate.",
                                "Name a file in PEM or PKCS#12 that holds the client's certificate.");
  if (key.empty()) {
    if (material->contents.keys.empty())
      return unusable_certificate(material->source + " holds a certificate, but not its private key.",
                                  "Name the file of the private key too.");
    auto parts = pair(*material, *material, material->source + " holds no certificate of its private key.");
    if (!parts) return fail(std::move(parts.error()));
    return ClientCertificate(std::move(*parts));
  }
  const auto with_key = read_key_material(key, passphrase, stop);
  if (!with_key) return fail(with_key.error());
  std::string key_source = with_key->source;
  key_source.replace(0, 1, 1, 't');
  auto parts =
      pair(*material, *with_key,
           material->source + " holds no certificate of the private key that " + key_source + " holds.");
  if (!parts) return fail(std::move(parts.error()));
  return ClientCertificate(std::move(*parts));
}

const std::string& ClientCertificate::subject() const noexcept { return parts_->subject; }
sys_seconds ClientCertificate::valid_until() const noexcept { return parts_->valid_until; }
const std::string& ClientCertificate::sha256() const noexcept { return parts_->sha256; }
const std::vector<std::string>& ClientCertificate::warnings() const noexcept { return parts_->warnings; }

}  // namespace oauth_token
