#include "store/store_key.hpp"

#include "base/base64.hpp"
#include "crypto/module.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace oauth_token {
namespace {

tl::unexpected<Error> no_key(std::string message) {
  return fail(Error{.error_class = ErrorClass::config,
                    .message = std::move(message),
                    .hint =
                        "Make one with: printf 'base64:%s' \"$(head -c 32 /dev/urandom | base64)\". Or write "
                        "passphrase: and a passphrase.",
                    .reason = "key"});
}

}  // namespace

Result<StoreKey> parse_store_key(const Secret& text) {
  constexpr std::string_view passphrase = "passphrase:";
  constexpr std::string_view base64 = "base64:";
  std::string_view rest = text.expose();
  if (rest.starts_with(passphrase)) {
    rest.remove_prefix(passphrase.size());
    if (rest.empty()) return no_key("The passphrase of the file store is empty.");
    return StoreKey{.kind = StoreKey::Kind::passphrase, .value = Secret(rest)};
  }
  if (rest.starts_with(base64)) rest.remove_prefix(base64.size());
  if (rest.empty()) return no_key("The key of the file store is empty.");
  for (const auto alphabet : {Base64::standard, Base64::url}) {
    SecretBuffer bytes;
    if (!append_base64_decoded(bytes, rest, alphabet)) continue;
    if (bytes.size() != aes_key_size)
      return no_key("The key of the file store has " + std::to_string(bytes.size()) +
                    " bytes instead of 32.");
    return StoreKey{.value = bytes.take()};
  }
  return no_key("The key of the file store is not base64.");
}

}  // namespace oauth_token
