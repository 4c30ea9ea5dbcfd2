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

// A grant without a type does not compile.
std::string_view type_of(const PasswordGrant& /*grant*/) noexcept { return "password"; }
std::string_view type_of(const RefreshTokenGrant& /*grant*/) noexcept { return "refresh_token"; }
std::string_view type_of(const ClientCredentialsGrant& /*grant*/) noexcept { return "client_credentials"; }
std::string_view type_of(const JwtBearerGrant& /*grant*/) noexcept {
  return "urn:ietf:params:oauth:grant-type:jwt-bearer";
}
std::string_view type_of(const TokenExchangeGrant& /*grant*/) noexcept {
  return "urn:ietf:params:oauth:grant-type:token-exchange";
}
std::string_view type_of(const ExtensionGrant& grant) noexcept { return grant.grant_type; }

template <class... Grants>
std::string_view type_in(const std::variant<Grants...>& grant) noexcept {
  std::string_view type;
  const auto take = [&](const auto* each) {
    if (each != nullptr) type = type_of(*each);
  };
  (take(std::get_if<Grants>(&grant)), ...);
  return type;
}

}  // namespace

std::string_view grant_type(const Grant& grant) noexcept { return type_in(grant); }

std::string_view client_id(const ClientAuthentication& authentication) noexcept {
  return client_id_in(authentication);
}

}  // namespace oauth_token
