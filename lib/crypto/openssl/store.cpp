#include "crypto/openssl/store.hpp"

#include "base/registers.hpp"
#include "crypto/openssl/key_stretching.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <climits>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/ui.h>

namespace oauth_token {
namespace {

tl::unexpected<Error> unreadable(const std::string& source, const char* what, const char* hint) {
  return fail(
      Error{.error_class = ErrorClass::config, .message = source + what, .hint = hint, .reason = "key"});
}

// Whether an algorithm was wanted that OpenSSL does not have; forgets all errors.
bool algorithm_was_missing() {
  bool missing = false;
  while (const unsigned long error = ERR_get_error())
    missing = missing || (ERR_GET_LIB(error) == ERR_LIB_EVP && ERR_GET_REASON(error) == ERR_R_UNSUPPORTED);
  return missing;
}

tl::unexpected<Error> why_unreadable(const std::string& source, bool passphrase_given) {
  if (algorithm_was_missing())
    return unreadable(source,
                      " is encrypted in an old way (RC2 or the like) that this OpenSSL no longer reads.",
                      "Encrypt it anew: openssl pkcs12 -legacy -in FILE -out KEY.pem, then openssl pkcs12 "
                      "-export -in KEY.pem -out NEW, and delete KEY.pem.");
  if (passphrase_given)
    return unreadable(source, " is encrypted with another passphrase.", "Check the passphrase.");
  return unreadable(source, " is neither PEM, PKCS#12 nor a JSON Web Key.",
                    "Name the file of a private key or a certificate.");
}

}  // namespace

Answers::Answers(const AskPassphrase& ask) : ask_(ask), method_(UI_create_method("oauth-token")) {
  if (method_) UI_method_set_reader(method_.get(), read);
}

// decode_epki2pki.c and others keep it in an array of theirs and do not clear it.
Answers::~Answers() {
  if (!given_) return;
  wipe_vector_registers();
  wipe_dead_stack();
}

int Answers::read(UI* ui, UI_STRING* question) {
  const auto type = UI_get_string_type(question);
  if (type != UIT_PROMPT && type != UIT_VERIFY) return 1;
  auto* const self = static_cast<Answers*>(UI_get0_user_data(ui));
  const Secret* const answer = self->ask_();
  if (answer == nullptr || answer->size() > INT_MAX) return 0;
  self->given_ = true;
  const std::string_view text = answer->empty() ? std::string_view("") : answer->expose();
  return UI_set_result_ex(ui, question, text.data(), static_cast<int>(text.size())) == 0 ? 1 : 0;
}

bool read_all(OSSL_STORE_CTX* store, KeyContents& contents) {
  while (OSSL_STORE_eof(store) == 0) {
    const Owned<OSSL_STORE_INFO> entry(OSSL_STORE_load(store));
    if (!entry) return OSSL_STORE_eof(store) != 0 && OSSL_STORE_error(store) == 0;
    switch (OSSL_STORE_INFO_get_type(entry.get())) {
      case OSSL_STORE_INFO_PKEY:
        contents.keys.emplace_back(OSSL_STORE_INFO_get1_PKEY(entry.get()), Free{});
        break;
      case OSSL_STORE_INFO_CERT:
        contents.certificates.emplace_back(OSSL_STORE_INFO_get1_CERT(entry.get()), Free{});
        break;
      case OSSL_STORE_INFO_PUBKEY:
        contents.public_key = true;
        break;
      default:
        break;
    }
  }
  return true;
}

Result<KeyContents> read_store(std::string_view text, const AskPassphrase& ask, const std::string& source) {
  if (auto bearable = check_stretching(text, source); !bearable) return fail(std::move(bearable.error()));
  Answers answers(ask);
  const Owned<BIO> input(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  const Owned<OSSL_STORE_CTX> store(input ? OSSL_STORE_attach(input.get(), "file", nullptr, nullptr,
                                                              answers.method(), answers.data(), nullptr,
                                                              nullptr, nullptr)
                                          : nullptr);
  if (!store) return openssl_failure("opening a key");
  KeyContents contents;
  const bool all = read_all(store.get(), contents);
  const bool nothing = contents.keys.empty() && contents.certificates.empty() && !contents.public_key;
  if (!all || nothing) return why_unreadable(source, answers.given());
  ERR_clear_error();
  return contents;
}

}  // namespace oauth_token
