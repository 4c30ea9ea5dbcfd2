#pragma once

#include <oauth_token/client_authentication.hpp>
#include <oauth_token/dpop.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/executor.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/secret_source.hpp>
#include <oauth_token/signing_key.hpp>
#include <oauth_token/token_client.hpp>
#include <oauth_token/token_store.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)
namespace oauth_token {

/// What signs client assertions for private_key_jwt, and what they say for client_secret_jwt too (RFC 7523).
struct AssertionSettings {
  std::string key = {};  ///< as SigningKey::read takes it
  SecretSource key_passphrase =
      {};                      ///< SecretFile or SecretCommand; of an encrypted key, or the PIN of a token
  std::string key_id = {};     ///< "kid"; empty: the key's own
  std::string algorithm = {};  ///< IANA's name; empty: HS256, or what the key signs with
  /// "issuer", "endpoint" (the URL of each request) or the value itself. Empty: the issuer where the token
  /// endpoint is the one that its metadata name, else the URL of the request; make_client writes "endpoint"
  /// here where that is an alias for clients with a certificate (RFC 8705 s5).
  std::string audience = {};
  std::chrono::seconds lifetime{60};  ///< 1 to 300
  std::string type = {};              ///< "typ"; empty: as AssertionOptions has it
  bool not_before = false;            ///< with "nbf", which some servers want
};

/// The client's certificate for mutual TLS (RFC 8705).
struct CertificateSettings {
  std::string certificate = {};      ///< as ClientCertificate::read takes it; empty: none
  std::string key = {};              ///< the same; empty: it is in the certificate's file
  SecretSource key_passphrase = {};  ///< SecretFile or SecretCommand
};

/// Tokens that are bound to a key (RFC 9449).
struct DpopSettings {
  DpopUse use = DpopUse::none;  ///< whether tokens are to be bound
  /// As SigningKey::read takes it; empty: a session has one made, and keeps it with the tokens.
  std::string key = {};
};

/// One server and one client, as plain data without any secret: what a profile says, and what a session
/// remembers.
struct ClientSettings {
  std::string issuer = {};                  ///< URL; empty: no metadata are asked for
  std::string token_endpoint = {};          ///< empty: from the issuer's metadata
  std::string introspection_endpoint = {};  ///< the same
  std::string revocation_endpoint = {};     ///< the same
  std::string client_id = {};               ///< empty: none is sent, with the method `none` only
  /// IANA's name of the method. Empty: the default rule (client_secret_basic with a secret, private_key_jwt
  /// with a signing key or a ready-made assertion, else none).
  std::string client_auth = {};
  BasicEncoding basic_encoding = BasicEncoding::form;  ///< for client_secret_basic
  SecretSource client_secret = {};                     ///< read when a client is made
  SecretSource client_assertion = {};    ///< SecretFile or SecretCommand; read for every request
  AssertionSettings assertion = {};      ///< for private_key_jwt and client_secret_jwt
  CertificateSettings certificate = {};  ///< shown whatever the method is
  DpopSettings dpop = {};                ///< whether tokens are bound to a key
  /// The issuer in the metadata that name this token endpoint, as they write it; empty: not known. Set by
  /// make_client.
  std::string endpoint_issuer = {};
  std::vector<HttpHeader> headers = {};  ///< sent with every request; see TokenClientOptions
  std::string ca_file = {};  ///< PEM, in place of the system's and the trust variables'; empty: those
  std::optional<std::string> proxy = {};  ///< URL; absent: as the proxy variables say; empty: none
  bool lenient = false;  ///< see TokenClientOptions; remembered, since it is how the server answers
};

/// What is not remembered: it holds for one run.
struct ClientRunOptions {
  /// A client secret the caller has at hand (from a variable or a descriptor), in place of the source.
  Secret client_secret = {};
  /// In place of the settings' own source, each asked once and only for a key that is encrypted.
  PassphraseSource signing_key_passphrase = {};
  PassphraseSource certificate_key_passphrase = {};  ///< of CertificateSettings::key
  /// For DPoP, where the settings name no key; no key: `config`. Sessions have their own.
  SigningKey dpop_key = {};
  std::string dpop_nonce = {};  ///< see DpopOptions
  /// Asks a person for a passphrase that nothing else gives; `file` is what it opens.
  std::function<Result<Secret>(const std::string& file, std::stop_token)> ask_passphrase = {};
  /// Called with a sentence about what is not wrong, but should be mended, e.g. a key that others can read.
  std::function<void(const std::string&)> warn = {};
  /// For each request; discovery counts to the first one's. What a passphrase takes counts to none.
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds connect_timeout{10'000};  ///< name look-up, TCP, proxy and TLS
  bool insecure_tls = false;                          ///< the server's certificate is not checked
  bool allow_http = false;                            ///< plain http beyond this machine
  bool lenient = false;  ///< beside ClientSettings::lenient; a sign-in remembers it
  /// Ask the issuer for introspection and revocation endpoints too, when they are missing.
  bool all_endpoints = false;
  KeyringOptions keyring = {};  ///< for SecretInKeyring
  /// Wraps the transport, e.g. to print what goes over the wire.
  std::function<Transport(Transport)> decorate = {};
  Executor executor = {};  ///< see TokenClientOptions
};

/// How the servers of `settings` are reached; reads the client's certificate, if one is named. Blocks: a
/// passphrase may be asked for. Errors as ClientCertificate::read. Thread-safe.
Result<TransportOptions> transport_options(const ClientSettings& settings, const ClientRunOptions& options,
                                           std::stop_token stop = {});

/// Reads the client's secret where one is needed and makes the client: discovery first when endpoints are
/// missing (the ones found are written into `settings`, which no other thread may use meanwhile; apart from
/// that: thread-safe). Blocks. Errors as parse_url, discover, read_secret_*, SigningKey::read,
/// ClientCertificate::read and TokenStore::load; `config` for settings that contradict each other (a method
/// without its secret, two secrets, …).
Result<TokenClient> make_client(ClientSettings& settings, ClientRunOptions options,
                                std::stop_token stop = {});

/// The method that `settings` come down to, by IANA's name; `config` for a contradiction. Thread-safe.
Result<std::string> effective_client_auth(const ClientSettings& settings, bool client_secret_at_hand);

/// The id under which a client secret is kept in the keyring: bound to the token endpoint's origin and the
/// client id. Errors as parse_url. Thread-safe.
Result<std::string> client_secret_item_id(const std::string& token_endpoint, const std::string& client_id);

/// KeyringOptions::instead, for that item.
inline constexpr const char* client_secret_elsewhere =
    "name the client secret with --client-secret-file FILE or --client-secret-command CMD";

}  // namespace oauth_token
#pragma GCC visibility pop
