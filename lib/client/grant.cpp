#include <oauth_token/client_authentication.hpp>
#include <oauth_token/grant.hpp>

#include <string_view>
#include <variant>

// By get_if rather than visit, which may throw.

namespace oauth_token {
namespace {

template <class... Methods>
std::string_view client_id_in(const std::variant<Methods...>& authentication) noexcept {
  std::string_view id;
  const auto take = [&](const auto* method) {
    if (method != nullptr) id = method->client_id;
  };
  (take(std::get_if<Methods>(&authentication)), ...);
  return id;
}

}  // namespace

std::string_view grant_type(const Grant& grant) noexcept {
  if (std::holds_alternative<PasswordGrant>(grant)) return "password";
  if (std::holds_alternative<RefreshTokenGrant>(grant)) return "refresh_token";
  if (std::holds_alternative<ClientCredentialsGrant>(grant)) return "client_credentials";
  if (std::holds_alternative<JwtBearerGrant>(grant)) return "urn:ietf:params:oauth:grant-type:jwt-bearer";
  if (std::holds_alternative<TokenExchangeGrant>(grant))
    return "urn:ietf:params:oauth:grant-type:token-exchange";
  const auto* const extension = std::get_if<ExtensionGrant>(&grant);
  return extension != nullptr ? std::string_view(extension->grant_type) : std::string_view();
}

std::string_view client_id(const ClientAuthentication& authentication) noexcept {
  return client_id_in(authentication);
}

}  // namespace oauth_token
