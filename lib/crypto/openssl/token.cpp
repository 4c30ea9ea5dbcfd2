// Engines are the only way to a token that Debian 12 has; OpenSSL calls them deprecated.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/openssl/token.hpp"

#include "crypto/openssl/openssl.hpp"
#include "crypto/openssl/store.hpp"

#include <oauth_token/error.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/store.h>

namespace oauth_token {
namespace {

tl::unexpected<Error> token_failure(const std::string& source, const std::string& what, std::string hint) {
  ERR_clear_error();
  return fail(Error{.error_class = ErrorClass::config,
                    .message = source + " " + what + ".",
                    .hint = std::move(hint),
                    .reason = "token"});
}

tl::unexpected<Error> not_found(const std::string& source, bool pin_given) {
  return token_failure(
      source,
      pin_given ? "cannot be used: the PIN is wrong, or the token has no such private key"
                : "was not found in any token",
      "See what there is: pkcs11-tool --module MODULE --login --list-objects --type privkey");
}

bool a_provider_has_tokens() {
  OSSL_STORE_LOADER* const loader = OSSL_STORE_LOADER_fetch(nullptr, "pkcs11", nullptr);
  OSSL_STORE_LOADER_free(loader);
  ERR_clear_error();
  return loader != nullptr;
}

// A relative path that looks like the URI is tried first by OSSL_STORE_open.
bool is_in_token(const KeyObject& key) {
  const OSSL_PROVIDER* const provider = EVP_PKEY_get0_provider(key.get());
  const char* const name = provider != nullptr ? OSSL_PROVIDER_get0_name(provider) : "default";
  return std::string_view(name) != "default";
}

Result<KeyObject> through_provider(const std::string& uri, Answers& answers, const std::string& source) {
  const Owned<OSSL_STORE_CTX> store(
      OSSL_STORE_open(uri.c_str(), answers.method(), answers.data(), nullptr, nullptr));
  KeyContents contents;
  if (store) {
    OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_PKEY);
    read_all(store.get(), contents);
  }
  if (contents.keys.size() > 1)
    return token_failure(source, "names " + std::to_string(contents.keys.size()) + " private keys",
                         "Name one, by its \"object\" or \"id\".");
  if (contents.keys.empty() || !is_in_token(contents.keys.front())) return not_found(source, answers.given());
  return contents.keys.front();
}

// Kept for ever: keys live in it, and taking it down at exit is known to crash.
ENGINE* token_engine() {
  static std::mutex mutex;
  static ENGINE* kept = nullptr;
  const std::lock_guard lock(mutex);
  if (kept != nullptr) return kept;
  ENGINE_load_dynamic();
  ENGINE* const engine = ENGINE_by_id("pkcs11");
  if (engine == nullptr) return nullptr;
  // It would write to standard error.
  ENGINE_ctrl_cmd_string(engine, "QUIET", nullptr, 1);
  if (ENGINE_init(engine) == 1) kept = engine;
  ENGINE_free(engine);
  return kept;
}

Result<KeyObject> through_engine(const std::string& uri, Answers& answers, const std::string& source) {
  ENGINE* const engine = token_engine();
  if (engine == nullptr)
    return token_failure(source,
                         "is in a token, and OpenSSL has neither a provider nor an engine for PKCS#11",
                         "Install libengine-pkcs11-openssl, or load a PKCS#11 provider in openssl.cnf.");
  KeyObject key(ENGINE_load_private_key(engine, uri.c_str(), answers.method(), answers.data()), Free{});
  if (!key) return not_found(source, answers.given());
  return key;
}

}  // namespace

Result<KeyObject> read_token(const std::string& uri, const AskPassphrase& ask, const std::string& source) {
  Answers answers(ask);
  return a_provider_has_tokens() ? through_provider(uri, answers, source)
                                 : through_engine(uri, answers, source);
}

}  // namespace oauth_token
