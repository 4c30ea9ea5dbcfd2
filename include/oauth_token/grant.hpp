#pragma once

#include <oauth_token/secret.hpp>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace oauth_token {

/// An additional parameter of the request body. Names that the library sets itself are refused when the
/// request is built, and so is a name given twice.
struct Parameter {
  std::string name = {};
  Secret value = {};
};

/// RFC 6749 s4.3. User name and password go out as the bytes they are; UTF-8 is what servers expect.
struct PasswordGrant {
  std::string username = {};
  Secret password = {};
  std::vector<std::string> scope = {};     ///< empty: the parameter is left out
  std::vector<std::string> resource = {};  ///< RFC 8707; the only parameter that may repeat
  std::vector<Parameter> extra = {};
};

/// RFC 6749 s6.
struct RefreshTokenGrant {
  Secret refresh_token = {};
  std::vector<std::string> scope = {};
  std::vector<std::string> resource = {};
  std::vector<Parameter> extra = {};
};

/// RFC 6749 s4.4.
struct ClientCredentialsGrant {
  std::vector<std::string> scope = {};
  std::vector<std::string> resource = {};
  std::vector<Parameter> extra = {};
};

/// RFC 7523 s2.1: an assertion about somebody, made by whom the server trusts, in place of a password. It is
/// no client authentication, and may stand beside one.
struct JwtBearerGrant {
  Secret assertion = {};
  std::vector<std::string> scope = {};
  std::vector<std::string> resource = {};
  std::vector<Parameter> extra = {};
};

/// RFC 8693: a token for another one, to act as its subject or for it. Types are URIs, e.g.
/// urn:ietf:params:oauth:token-type:access_token; what is empty is left out, but for the first two.
struct TokenExchangeGrant {
  Secret subject_token = {};
  std::string subject_token_type = {};
  Secret actor_token = {};
  std::string actor_token_type = {};  ///< with an actor token, and only then
  std::string requested_token_type = {};
  std::string audience = {};
  std::vector<std::string> scope = {};
  std::vector<std::string> resource = {};
  std::vector<Parameter> extra = {};
};

/// RFC 6749 s4.5: any other grant, named by its URI (or by a short name such as a vendor's own).
struct ExtensionGrant {
  std::string grant_type = {};
  std::vector<std::string> scope = {};
  std::vector<std::string> resource = {};
  std::vector<Parameter> extra = {};
};

using Grant = std::variant<PasswordGrant, RefreshTokenGrant, ClientCredentialsGrant, JwtBearerGrant,
                           TokenExchangeGrant, ExtensionGrant>;

/// The `grant_type` that goes out, valid while `grant` lives.
std::string_view grant_type(const Grant& grant) noexcept;

}  // namespace oauth_token
