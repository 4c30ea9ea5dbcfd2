#include <oauth_token/client_authentication.hpp>
#include <oauth_token/grant.hpp>

#include <string_view>
#include <variant>

namespace oauth_token {
namespace {

struct GrantType {
  std::string_view operator()(const PasswordGrant&) const noexcept { return "password"; }
  std::string_view operator()(const RefreshTokenGrant&) const noexcept { return "refresh_token"; }
  std::string_view operator()(const ClientCredentialsGrant&) const noexcept { return "client_credentials"; }
  std::string_view operator()(const ExtensionGrant& grant) const noexcept { return grant.grant_type; }
};

}  // namespace

std::string_view grant_type(const Grant& grant) noexcept { return std::visit(GrantType{}, grant); }

std::string_view client_id(const ClientAuthentication& authentication) noexcept {
  return std::visit([](const auto& any) -> std::string_view { return any.client_id; }, authentication);
}

}  // namespace oauth_token
