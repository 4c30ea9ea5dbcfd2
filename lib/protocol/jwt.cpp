#include "protocol/jwt.hpp"

#include "base/base64.hpp"

#include <utility>

namespace oauth_token::protocol {

Result<Secret> signed_jwt(std::string_view header, std::string_view claims, const JwsSigner& sign) {
  SecretBuffer jwt;
  append_base64(jwt, header, Base64::url);
  append_base64(jwt.append('.'), claims, Base64::url);
  const auto signature = sign(jwt.expose());
  if (!signature) return fail(signature.error());
  append_base64(jwt.append('.'), *signature, Base64::url);
  return jwt.take();
}

}  // namespace oauth_token::protocol
