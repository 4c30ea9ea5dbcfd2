// Reads keys and certificates for tests in Python: one JSON object a line on standard input, one answer a
// line on standard output. Keys are named by their place and passphrases by a file, so that they come into no
// JSON text of this process.

#include "probe.hpp"

#include <oauth_token/client_certificate.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/secret_source.hpp>
#include <oauth_token/signing_key.hpp>

#include <iostream>
#include <stop_token>
#include <string>

#include <nlohmann/json.hpp>

using namespace oauth_token;
using nlohmann::json;

namespace {

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += digits[static_cast<unsigned char>(byte) >> 4U];
    text += digits[static_cast<unsigned char>(byte) & 15U];
  }
  return text;
}

// Counts how often it was asked. "passphrase": a file, or "interrupted".
PassphraseSource passphrase_of(const json& request, int& asked) {
  const std::string file = member(request, "passphrase");
  if (file.empty()) return {};
  return [file, &asked](std::stop_token stop) -> Result<Secret> {
    ++asked;
    if (file == "interrupted") return fail(ErrorClass::interrupted, "Nobody answered.");
    return read_secret_file(file, stop);
  };
}

json facts(const SigningKey& key, int asked) {
  return {{"algorithms", key.algorithms()},
          {"kid", key.key_id()},
          {"jwk", key.public_jwk()},
          {"thumbprint", key.thumbprint()},
          {"x5t", key.certificate_sha1()},
          {"x5t#S256", key.certificate_sha256()},
          {"warnings", key.warnings()},
          {"asked", asked},
          {"can_be_kept", key.private_jwk().has_value()}};
}

json read_key(const json& request, SigningKey& kept) {
  int asked = 0;
  auto key = SigningKey::read(member(request, "location"), passphrase_of(request, asked));
  if (!key) return failure(key.error());
  kept = *key;
  return facts(kept, asked);
}

json read_certificate(const json& request, ClientCertificate& kept) {
  int asked = 0;
  auto read = ClientCertificate::read(member(request, "certificate"), member(request, "key"),
                                      passphrase_of(request, asked));
  if (!read) return failure(read.error());
  kept = *read;
  return {{"subject", kept.subject()},
          {"valid_until", kept.valid_until().time_since_epoch().count()},
          {"x5t#S256", kept.sha256()},
          {"warnings", kept.warnings()},
          {"asked", asked}};
}

json sign(const json& request, const SigningKey& key) {
  const auto signature = key.sign(member(request, "algorithm"), member(request, "text"));
  return signature ? json{{"signature", hex(*signature)}} : failure(signature.error());
}

}  // namespace

int main() {
  SigningKey key;
  ClientCertificate certificate;
  for (std::string line; std::getline(std::cin, line);) {
    const json request = json::parse(line);
    const std::string verb = member(request, "verb");
    json answer{{"unknown verb", verb}};
    if (verb == "read") answer = read_key(request, key);
    if (verb == "sign") answer = sign(request, key);
    if (verb == "certificate") answer = read_certificate(request, certificate);
    if (verb == "drop") {
      key = SigningKey();
      certificate = ClientCertificate();
      answer = {{"done", true}};
    }
    std::cout << answer.dump() << std::endl;
  }
}
