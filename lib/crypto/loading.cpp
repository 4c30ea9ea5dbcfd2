#include "base/module.hpp"
#include "crypto/module.hpp"

namespace oauth_token {

const Result<const CryptoModule*>& crypto() {
  static const Result<const CryptoModule*> loaded = load_module<CryptoModule>("crypto");
  return loaded;
}

}  // namespace oauth_token
