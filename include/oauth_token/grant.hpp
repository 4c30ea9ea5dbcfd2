#pragma once

#include <oauth_token/secret.hpp>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#pragma GCC visibility push(default)
namespace oauth_token {

/// An additional parameter of the request body. Names that the library sets itself are refused when the
/// request is built, and so is a name given twice.
struct Parameter {
  std::string name = {};  ///< form-encoded when sent
  Secret value = {};      ///< the same; may be empty
};

/// RFC 6749 s4.3. User name and password go out as the bytes they are; UTF-8 is what servers expect.
struct PasswordGrant {
  std::string username = {};               ///< `username`
  Secret password = {};                    ///< `password`; wiped once it was sent
  std::vector<std::string> scope = {};     ///< empty: the parameter is left out
  std::vector<std::string> resource = {};  ///< RFC 8707; the only parameter that may repeat
  std::vector<Parameter> extra = {};       ///< behind all others, in this order
};

/// RFC 6749 s6. The server may answer with a new refresh token; the old one may be worth nothing then.
struct RefreshTokenGrant {
  Secret refresh_token = {};               ///< `refresh_token`
  std::vector<std::string> scope = {};     ///< empty: what was granted before
  std::vector<std::string> resource = {};  ///< as PasswordGrant::resource
  std::vector<Parameter> extra = {};       ///< as PasswordGrant::extra
};

/// RFC 6749 s4.4: a token for the client itself.
struct ClientCredentialsGrant {
  std::vector<std::string> scope = {};     ///< empty: left out
  std::vector<std::string> resource = {};  ///< as PasswordGrant::resource
  std::vector<Parameter> extra = {};       ///< as PasswordGrant::extra
};

/// RFC 7523 s2.1: an assertion about somebody, made by whom the server trusts, in place of a password. It is
/// no client authentication, and may stand beside one.
struct JwtBearerGrant {
  Secret assertion = {};                   ///< the JWT, as it is
  std::vector<std::string> scope = {};     ///< empty: left out
  std::vector<std::string> resource = {};  ///< as PasswordGrant::resource
  std::vector<Parameter> extra = {};       ///< as PasswordGrant::extra
};

/// RFC 8693: a token for another one, to act as its subject or for it. Types are URIs, e.g.
/// urn:ietf:params:oauth:token-type:access_token; what is empty is left out, but for the first two.
struct TokenExchangeGrant {
  Secret subject_token = {};               ///< `subject_token`
  std::string subject_token_type = {};     ///< what kind of token that is
  Secret actor_token = {};                 ///< who acts for the subject
  std::string actor_token_type = {};       ///< with an actor token, and only then
  std::string requested_token_type = {};   ///< what kind of token is wanted
  std::string audience = {};               ///< the service that the token is for, by its logical name
  std::vector<std::string> scope = {};     ///< empty: left out
  std::vector<std::string> resource = {};  ///< as PasswordGrant::resource
  std::vector<Parameter> extra = {};       ///< as PasswordGrant::extra
};

/// RFC 6749 s4.5: any other grant, named by its URI (or by a short name such as a vendor's own).
struct ExtensionGrant {
  std::string grant_type = {};             ///< as it goes out
  std::vector<std::string> scope = {};     ///< empty: left out
  std::vector<std::string> resource = {};  ///< as PasswordGrant::resource
  std::vector<Parameter> extra = {};       ///< as PasswordGrant::extra
};

/// What is asked of the token endpoint.
using Grant = std::variant<PasswordGrant, RefreshTokenGrant, ClientCredentialsGrant, JwtBearerGrant,
                           TokenExchangeGrant, ExtensionGrant>;

/// The `grant_type` that goes out, valid while `grant` lives and is not changed.
std::string_view grant_type(const Grant& grant) noexcept;

}  // namespace oauth_token
#pragma GCC visibility pop
