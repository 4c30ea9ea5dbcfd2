#pragma once

#include "crypto/module.hpp"
#include "crypto/openssl/openssl.hpp"

namespace oauth_token {

/// Answers what OpenSSL asks a person: the passphrase, and nothing else. Lives as long as the call that asks.
class Answers {
 public:
  explicit Answers(const AskPassphrase& ask);
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;
  /// Wipes what OpenSSL left of the answer on the stack.
  ~Answers();

  [[nodiscard]] UI_METHOD* method() const noexcept { return method_.get(); }
  /// What OpenSSL is given as "user data" beside the method.
  [[nodiscard]] void* data() noexcept { return this; }
  [[nodiscard]] bool given() const noexcept { return given_; }  ///< it was asked, and there was an answer

 private:
  static int read(UI* ui, UI_STRING* question);
  const AskPassphrase& ask_;
  Owned<UI_METHOD> method_;
  bool given_ = false;
};

/// Reads all that an open store holds; false when an entry could not be read.
bool read_all(OSSL_STORE_CTX* store, KeyContents& contents);

// See CryptoModule.
Result<KeyContents> read_store(std::string_view text, const AskPassphrase& ask, const std::string& source);

}  // namespace oauth_token
