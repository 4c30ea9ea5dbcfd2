#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/signing_key.hpp>

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#pragma GCC visibility push(default)
namespace oauth_token {

/// How client id and secret are written before base64. About half of the servers decode, half do not; nothing
/// is ever tried out, since each try would count as a wrong password does.
enum class BasicEncoding {
  form,  ///< RFC 6749 s2.3.1: each form-encoded, a space as %20
  raw,   ///< as they are; a client id with a colon is refused
};

/// `none`: a public client. An empty client id sends none.
struct NoAuthentication {
  std::string client_id = {};  ///< sent as a parameter of the body
};

/// RFC 6749 s2.3.1, in the Authorization header; client_id is then not repeated in the body.
struct ClientSecretBasic {
  std::string client_id = {};                    ///< goes in front of the colon
  Secret client_secret = {};                     ///< may be empty
  BasicEncoding encoding = BasicEncoding::form;  ///< of both, before base64
};

/// RFC 6749 s2.3.1, in the body.
struct ClientSecretPost {
  std::string client_id = {};  ///< `client_id`
  Secret client_secret = {};   ///< `client_secret`
};

/// The assertion is made for the URL of the very request.
struct EndpointAudience {};

/// It is made for the issuer.
struct IssuerAudience {
  std::string issuer = {};  ///< as the server's metadata write it
  /// As the issuer's metadata name it: at an endpoint on another origin, the assertion is made for the URL of
  /// the request. Empty: for the issuer everywhere.
  std::string token_endpoint = {};
};

/// It is made for whom the caller says.
struct FixedAudience {
  std::string audience = {};  ///< goes out as it is
};

/// "aud", which is always one text. Servers differ; draft rfc7523bis wants the issuer.
using AssertionAudience = std::variant<EndpointAudience, IssuerAudience, FixedAudience>;

/// What a client assertion says that we make ourselves (RFC 7523 s3). "iss" and "sub" are the client id,
/// "iat" is now, "jti" is new for every request, its repetitions included.
struct AssertionOptions {
  static constexpr std::chrono::seconds longest_lifetime{300};  ///< that servers take

  std::string algorithm = {};  ///< "alg" by IANA's name; empty: HS256, or what the key signs with
  std::string key_id = {};     ///< "kid"; empty: the key's own, if it has one
  AssertionAudience audience = EndpointAudience{};  ///< "aud"
  std::chrono::seconds lifetime{60};                ///< until "exp"; 1 to longest_lifetime
  std::string type = {};    ///< "typ"; empty: client-authentication+jwt when made for the issuer, else JWT
  bool not_before = false;  ///< with "nbf", the same as "iat"
};

/// `client_secret_jwt`: an assertion with a MAC under the client secret (OpenID Connect Core s9). The secret
/// must be as long as the hash, 32 bytes for HS256 (RFC 7518 s3.2).
struct ClientSecretJwt {
  std::string client_id = {};       ///< "iss" and "sub"
  Secret client_secret = {};        ///< the key of the MAC; never sent
  AssertionOptions assertion = {};  ///< what it says
};

/// `private_key_jwt`: an assertion signed with the client's key (RFC 7523 s2.2). The certificate beside the
/// key, if there is one, is named by "x5t" and "x5t#S256".
struct PrivateKeyJwt {
  std::string client_id = {};       ///< "iss" and "sub"
  SigningKey key = {};              ///< no key is an error of class `config` at the request
  AssertionOptions assertion = {};  ///< what it says
};

/// A ready-made client assertion (RFC 7523 s2.2), made by somebody else. `assertion` is called once for every
/// request, before a session is locked, and may block; it may be called from any thread. A refresh that is
/// repeated since the connection was cut carries the same one again, and so does a request that is repeated
/// with the nonce for DPoP that the server asked for.
struct ReadyMadeAssertion {
  std::string client_id = {};  ///< sent beside it; empty: left out
  /// Gives the JWT, or the error that the request then ends with.
  std::function<Result<Secret>(std::stop_token)> assertion = {};
};

/// RFC 8705 s2.1: the certificate of the TLS connection, issued by an authority that the server trusts, is
/// the proof; the request names the client alone. The certificate is TransportOptions::client_certificate.
struct TlsClientAuth {
  std::string client_id = {};  ///< sent as a parameter of the body
};

/// RFC 8705 s2.2: the same with a certificate that the server knows itself.
struct SelfSignedTlsClientAuth {
  std::string client_id = {};  ///< sent as a parameter of the body
};

/// `client_assertion_type` beside each client assertion (RFC 7523 s2.2).
inline constexpr std::string_view client_assertion_type =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How a client proves itself to the token endpoint: one method, with what that method needs.
using ClientAuthentication =
    std::variant<NoAuthentication, ClientSecretBasic, ClientSecretPost, ClientSecretJwt, PrivateKeyJwt,
                 ReadyMadeAssertion, TlsClientAuth, SelfSignedTlsClientAuth>;

/// The client id, valid while `authentication` lives and is not changed; empty: none.
std::string_view client_id(const ClientAuthentication& authentication) noexcept;

}  // namespace oauth_token
#pragma GCC visibility pop
