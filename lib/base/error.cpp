#include <oauth_token/error.hpp>

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace oauth_token {
namespace {

constexpr std::array<std::pair<ErrorClass, std::string_view>, 21> class_names{{
    {ErrorClass::internal, "internal"},
    {ErrorClass::usage, "usage"},
    {ErrorClass::config, "config"},
    {ErrorClass::credentials, "credentials"},
    {ErrorClass::reauthenticate, "reauthenticate"},
    {ErrorClass::mfa, "mfa"},
    {ErrorClass::password_change, "password-change"},
    {ErrorClass::interaction, "interaction"},
    {ErrorClass::client_auth, "client-auth"},
    {ErrorClass::grant_not_allowed, "grant-not-allowed"},
    {ErrorClass::scope, "scope"},
    {ErrorClass::request, "request"},
    {ErrorClass::network, "network"},
    {ErrorClass::timeout, "timeout"},
    {ErrorClass::rate_limited, "rate-limited"},
    {ErrorClass::server, "server"},
    {ErrorClass::protocol, "protocol"},
    {ErrorClass::tls, "tls"},
    {ErrorClass::insecure, "insecure"},
    {ErrorClass::store, "store"},
    {ErrorClass::output, "output"},
}};

}  // namespace

std::string_view to_string(ErrorClass error_class) noexcept {
  for (const auto& [value, name] : class_names)
    if (value == error_class) return name;
  return "interrupted";
}

std::optional<ErrorClass> error_class_from(std::string_view name) noexcept {
  for (const auto& [value, known] : class_names)
    if (known == name) return value;
  if (name == "interrupted") return ErrorClass::interrupted;
  return std::nullopt;
}

std::string_view to_string(Sent sent) noexcept {
  switch (sent) {
    case Sent::no:
      return "no";
    case Sent::maybe:
      return "maybe";
    case Sent::yes:
      break;
  }
  return "yes";
}

}  // namespace oauth_token
