#include "base/base64.hpp"
#include "crypto/jwk.hpp"
#include "crypto/module.hpp"

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>

using namespace oauth_token;

namespace {

// What reads key files is not here: OpenSSL 3.0 itself dies there.

// Which of the next allocations of OpenSSL's fails; 0: none.
std::size_t fails_at = 0;

bool has_failed() { return fails_at != 0 && --fails_at == 0; }
void* allocate(std::size_t size, const char*, int) { return has_failed() ? nullptr : std::malloc(size); }
void* reallocate(void* old, std::size_t size, const char*, int) {
  return has_failed() ? nullptr : std::realloc(old, size);
}
void release(void* memory, const char*, int) { std::free(memory); }

// Before OpenSSL has allocated anything.
const int replaced = CRYPTO_set_mem_functions(allocate, reallocate, release);

const CryptoModule& module() {
  REQUIRE(replaced == 1);
  REQUIRE(crypto().has_value());
  return **crypto();
}

template <class T>
std::string shown(const Result<T>& result, const std::function<std::string(const T&)>& value) {
  return result ? value(*result)
                : "an error of the class " + std::string(to_string(result.error().error_class));
}

// Allocations of `work` fail, one in each run: it has to end as it does with all memory, or with an error. Of
// many allocations the later ones are taken at wider and wider steps, for most are made in loops.
void check_without_memory(const std::string& name, const std::function<std::string()>& work,
                          const std::string& error = "an error of the class internal") {
  CAPTURE(name);
  const std::string expected = work();
  int errors = 0;
  for (std::size_t which = 1;; which += 1 + which / 16) {
    CAPTURE(which);
    fails_at = which;
    const std::string seen = work();
    if (fails_at != 0) break;  // there are no more of them
    if (seen == expected) continue;
    ++errors;
    CHECK(seen == error);
  }
  fails_at = 0;
  CHECK(errors > 0);
}

KeyNumbers numbers(const char* example) {
  std::ifstream file(TEST_DATA "/rfc-keys.json");
  const auto jwk = nlohmann::json::parse(file)[example]["key"].dump();
  auto parsed = parse_jwk(Secret(jwk), "The key");
  REQUIRE(parsed.has_value());
  return std::move(parsed->numbers);
}

std::string as_is(const std::string& text) { return text; }
std::string in_words(const Secret& secret) { return std::string(secret.expose()); }
std::string any_key(const KeyObject&) { return "a key"; }

struct Example {
  const char* name;
  SignatureScheme scheme;
  bool always_the_same;  // the signature of one text
};
const Example examples[] = {{"RFC 7515 A.2", {.digest = "SHA256", .pss = true}, false},
                            {"RFC 7515 A.3", {.digest = "SHA256", .coordinate = 32}, false},
                            {"RFC 8037 A", {}, true}};

constexpr const char* certificate =
    "MIIBDDCBs6ADAgECAgEBMAoGCCqGSM49BAMCMA4xDDAKBgNVBAMMA2FwcDAiGA8yMDI2MDEwMTAwMDAwMFoYDzIwNTYwMTAx"
    "MDAwMDAwWjAOMQwwCgYDVQQDDANhcHAwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp"
    "7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWtMAoGCCqGSM49BAMCA0gAMEUCIQDriIAMJvfDTZKG"
    "4bdcqPQjenpO1A5lJ65BbVcICD3sEAIgb611g6OQPzkNYhDbJiAPeccDjap3zfVW7g1PYSFx/nU=";

// What OpenSSL says of a key that it got no memory for is at times what it says of one that is damaged.
constexpr const char* key_error = "an error of the class config";

}  // namespace

TEST_CASE("where OpenSSL gets no memory, hashing, sealing and opening fail and give nothing else") {
  const std::string key(aes_key_size, 'k');
  const std::string nonce(aes_nonce_size, 'n');
  const std::string sealed = module().seal(key, nonce, "about", "text").value();
  check_without_memory("SHA-256", [] { return shown<std::string>(module().sha256("text"), as_is); });
  check_without_memory("SHA-1", [] { return shown<std::string>(module().sha1("text"), as_is); });
  check_without_memory("HMAC",
                       [] { return shown<std::string>(module().hmac("SHA256", "key", "text"), as_is); });
  check_without_memory(
      "HKDF", [] { return shown<Secret>(module().hkdf_sha256("key", "salt", "info", 32), in_words); });
  check_without_memory("scrypt", [] {
    return shown<Secret>(module().scrypt("passphrase", "salt", {.n = 16, .r = 1, .p = 1}, 32), in_words);
  });
  check_without_memory("sealing",
                       [&] { return shown<std::string>(module().seal(key, nonce, "about", "text"), as_is); });
  check_without_memory("opening", [&] {
    return shown<std::optional<Secret>>(module().open(key, nonce, "about", sealed), [](const auto& clear) {
      return clear ? in_words(*clear) : "sealed with another key";
    });
  });
}

TEST_CASE("where OpenSSL gets no memory, a key is made, read and checked not at all rather than wrongly") {
  check_without_memory("a new key",
                       [] { return shown<KeyObject>(module().generate_key(KeyKind::p256), any_key); });
  for (const Example& example : examples) {
    CAPTURE(example.name);
    const KeyNumbers given = numbers(example.name);
    check_without_memory(
        "from numbers",
        [&] { return shown<KeyObject>(module().key_from_numbers(given, "The key"), any_key); }, key_error);
    const KeyObject key = module().key_from_numbers(given, "The key").value();
    check_without_memory(
        "checked",
        [&] {
          const auto checked = module().check_key(key, example.scheme, "The key");
          return shown<int>(checked ? Result<int>(0) : fail(checked.error()), [](int) { return "sound"; });
        },
        key_error);
    if (given.kind == KeyKind::rsa) continue;  // OpenSSL 3.0 mixes up the factors there
    check_without_memory("its numbers", [&] {
      return shown<KeyNumbers>(module().numbers_of(key, given.kind, true),
                               [](const KeyNumbers& read) { return in_words(private_jwk(read, "", "")); });
    });
  }
}

TEST_CASE("where OpenSSL gets no memory, a signature fails and is no other") {
  for (const Example& example : examples) {
    const KeyObject key = module().key_from_numbers(numbers(example.name), "The key").value();
    check_without_memory(example.name, [&] {
      const auto signer = module().signer(key, example.scheme);
      const auto signature = signer ? module().sign(**signer, example.scheme, "text")
                                    : Result<std::string>(fail(signer.error()));
      return shown<std::string>(signature, [&](const std::string& text) {
        return example.always_the_same ? text : std::to_string(text.size()) + " bytes";
      });
    });
  }
}

TEST_CASE("where OpenSSL gets no memory, a certificate is not read, or all of it is") {
  SecretBuffer der;
  REQUIRE(append_base64_decoded(der, certificate));
  check_without_memory(
      "a certificate",
      [&] {
        return shown<CertificateObject>(module().certificate_from_der(der.expose(), "The file"),
                                        [](const CertificateObject&) { return "a certificate"; });
      },
      key_error);
  const CertificateObject object = module().certificate_from_der(der.expose(), "The file").value();
  check_without_memory("what is in it", [&] {
    return shown<CertificateFacts>(module().facts_of_certificate(object), [](const CertificateFacts& facts) {
      return facts.der + facts.subject + std::to_string(facts.begins) + std::to_string(facts.ends);
    });
  });
}
