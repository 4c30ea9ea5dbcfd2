#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

namespace oauth_token {

/// How client id and secret are written before base64. About half of the servers decode, half do not; nothing
/// is ever tried out, since each try is a login attempt.
enum class BasicEncoding {
  form,  ///< RFC 6749 s2.3.1: each form-encoded, a space as %20
  raw,   ///< as they are; a client id with a colon is refused
};

/// `none`: a public client. An empty client id sends none.
struct NoAuthentication {
  std::string client_id = {};
};

/// RFC 6749 s2.3.1, in the Authorization header; client_id is then not repeated in the body.
struct ClientSecretBasic {
  std::string client_id = {};
  Secret client_secret = {};
  BasicEncoding encoding = BasicEncoding::form;
};

/// RFC 6749 s2.3.1, in the body.
struct ClientSecretPost {
  std::string client_id = {};
  Secret client_secret = {};
};

/// A ready-made client assertion (RFC 7523 s2.2), made by somebody else. `assertion` is called once for every
/// request, before a session is locked, and may block; it may be called from any thread. A refresh that is
/// repeated since the connection was cut carries the same one again.
struct ReadyMadeAssertion {
  std::string client_id = {};
  std::function<Result<Secret>(std::stop_token)> assertion = {};
};

/// RFC 8705 s2.1: the certificate of the TLS connection, issued by an authority that the server trusts, is
/// the proof; the request names the client alone. The certificate is TransportOptions::client_certificate.
struct TlsClientAuth {
  std::string client_id = {};
};

/// RFC 8705 s2.2: the same with a certificate that the server knows itself.
struct SelfSignedTlsClientAuth {
  std::string client_id = {};
};

using ClientAuthentication = std::variant<NoAuthentication, ClientSecretBasic, ClientSecretPost,
                                          ReadyMadeAssertion, TlsClientAuth, SelfSignedTlsClientAuth>;

/// The client id, valid while `authentication` lives.
std::string_view client_id(const ClientAuthentication& authentication) noexcept;

}  // namespace oauth_token
