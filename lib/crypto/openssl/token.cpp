// Engines are the only way to a token that Debian 12 has; OpenSSL calls them deprecated.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/openssl/token.hpp"

#include "crypto/openssl/openssl.hpp"
#include "crypto/openssl/store.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>

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

thread_local bool asked_while_signing = false;

// Outlives every call: libp11 asks it for a key that wants its PIN before each signature, and without it asks
// OpenSSL's own user interface, which waits at the terminal without end.
UI_METHOD* refusing_method() {
  static UI_METHOD* const method = [] {
    UI_METHOD* const made = UI_create_method("oauth-token, refusing");
    if (made != nullptr)
      UI_method_set_reader(made, [](UI*, UI_STRING*) {
        asked_while_signing = true;
        return 0;
      });
    return made;
  }();
  return method;
}

// The engine, and which token's PIN it may remember.
struct TokenEngine {
  std::mutex mutex;
  ENGINE* engine = nullptr;
  std::optional<std::string> pin_of;
};

// Kept for ever: keys live in it, and taking it down at exit is known to crash.
bool start(TokenEngine& tokens) {
  if (tokens.engine != nullptr) return true;
  ENGINE_load_dynamic();
  ENGINE* const engine = ENGINE_by_id("pkcs11");
  if (engine == nullptr) return false;
  // It would write to standard error.
  ENGINE_ctrl_cmd_string(engine, "QUIET", nullptr, 1);
  UI_METHOD* const refusing = refusing_method();
  if (refusing != nullptr && ENGINE_ctrl(engine, ENGINE_CTRL_SET_USER_INTERFACE, 0, refusing, nullptr) == 1 &&
      ENGINE_init(engine) == 1)
    tokens.engine = engine;
  ENGINE_free(engine);
  return tokens.engine != nullptr;
}

// What a URI says of the token, without what it says of the key.
std::string token_part(std::string_view uri) {
  std::string part;
  uri.remove_prefix(std::min(uri.find(':') + 1, uri.size()));
  while (!uri.empty()) {
    const auto end = std::min(uri.find_first_of(";?&"), uri.size());
    const std::string_view attribute = uri.substr(0, end);
    uri.remove_prefix(std::min(end + 1, uri.size()));
    if (!attribute.starts_with("object=") && !attribute.starts_with("id=") && !attribute.starts_with("type="))
      part.append(attribute) += ';';
  }
  return part;
}

// libp11 remembers one PIN and submits it to whatever token comes next, which may lock that one.
bool replace_pin(ENGINE* engine, const Secret* pin) {
  if (pin == nullptr || pin->expose().find('\0') != std::string_view::npos) return false;
  SecretBuffer text;
  text.append(pin->expose()).append('\0');
  return ENGINE_ctrl_cmd_string(engine, "PIN", text.data(), 0) == 1;
}

bool wants_pin_each_time(EVP_PKEY* key) {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  std::array<unsigned char, 2048> signature{};
  std::size_t size = signature.size();
  asked_while_signing = false;
  if (context && EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key, nullptr) == 1)
    EVP_DigestSign(context.get(), signature.data(), &size, signature.data(), 1);
  ERR_clear_error();
  return asked_while_signing;
}

Result<KeyObject> through_engine(const std::string& uri, const AskPassphrase& ask, Answers& answers,
                                 const std::string& source) {
  static TokenEngine& tokens = *new TokenEngine;
  const std::lock_guard lock(tokens.mutex);
  if (!start(tokens))
    return token_failure(source,
                         "is in a token, and OpenSSL has neither a provider nor an engine for PKCS#11",
                         "Install libengine-pkcs11-openssl, or load a PKCS#11 provider in openssl.cnf.");
  const std::string token = token_part(uri);
  bool pin_given = false;
  if (tokens.pin_of && *tokens.pin_of != token) {
    if (!replace_pin(tokens.engine, ask()))
      return token_failure(source, "is in a second token, and no PIN was given for that one",
                           "Say where its PIN is to come from.");
    tokens.pin_of = token;
    pin_given = true;
  }
  KeyObject key(ENGINE_load_private_key(tokens.engine, uri.c_str(), answers.method(), answers.data()),
                Free{});
  if (answers.given()) tokens.pin_of = token;
  pin_given = pin_given || answers.given();
  if (!key && !pin_given && token.empty())
    return token_failure(source, "was not found, or there is more than one token",
                         "Name the token, too: pkcs11:token=TOKEN;object=KEY");
  if (!key) return not_found(source, pin_given);
  if (wants_pin_each_time(key.get()))
    return token_failure(source, "wants its PIN anew for each signature, which nobody could answer later",
                         "Take a key without CKA_ALWAYS_AUTHENTICATE; of a PIV card, the one in slot 9A.");
  return key;
}

}  // namespace

Result<KeyObject> read_token(const std::string& uri, const AskPassphrase& ask, const std::string& source) {
  Answers answers(ask);
  return a_provider_has_tokens() ? through_provider(uri, answers, source)
                                 : through_engine(uri, ask, answers, source);
}

}  // namespace oauth_token
