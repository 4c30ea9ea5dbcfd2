#pragma once

#include <oauth_token/client_authentication.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/secret_source.hpp>
#include <oauth_token/token_client.hpp>
#include <oauth_token/token_store.hpp>

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace oauth_token {

/// One server and one client, as plain data without any secret: what a profile says, and what a session
/// remembers.
struct ClientSettings {
  std::string issuer = {};
  std::string token_endpoint = {};  ///< empty: from the issuer's metadata
  std::string introspection_endpoint = {};
  std::string revocation_endpoint = {};
  std::string client_id = {};
  /// IANA's name of the method: none, client_secret_basic, client_secret_post, private_key_jwt. Empty: the
  /// default rule (client_secret_basic with a secret, private_key_jwt with a ready-made assertion, else
  /// none).
  std::string client_auth = {};
  BasicEncoding basic_encoding = BasicEncoding::form;
  SecretSource client_secret = {};
  SecretSource client_assertion = {};  ///< SecretFile or SecretCommand; read for every request
  std::vector<HttpHeader> headers = {};
  std::string ca_file = {};  ///< PEM, in place of the system's and the trust variables'; empty: those
  std::optional<std::string> proxy = {};  ///< URL; absent: as the proxy variables say; empty: none
  bool lenient = false;  ///< see TokenClientOptions; remembered, since it is how the server answers
};

/// What is not remembered: it holds for one run.
struct ClientRunOptions {
  /// A client secret the caller has at hand (from a variable or a descriptor), in place of the source.
  Secret client_secret = {};
  /// For each request; discovery counts to the first one's.
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds connect_timeout{10'000};
  bool insecure_tls = false;  ///< the server's certificate is not checked
  bool allow_http = false;    ///< plain http beyond this machine
  bool lenient = false;       ///< beside ClientSettings::lenient; a sign-in remembers it
  /// Ask the issuer for introspection and revocation endpoints too, when they are missing.
  bool all_endpoints = false;
  KeyringOptions keyring = {};  ///< for SecretInKeyring
  /// Wraps the transport, e.g. to print what goes over the wire.
  std::function<Transport(Transport)> decorate = {};
};

/// Reads the client's secret where one is needed and makes the client: discovery first when endpoints are
/// missing (the ones found are written into `settings`, which no other thread may use meanwhile; apart from
/// that: thread-safe). Blocks. Errors as parse_url, discover,
/// read_secret_*, TokenStore::load; `config` for settings that contradict each other (a method without its
/// secret, two secrets, …).
Result<TokenClient> make_client(ClientSettings& settings, ClientRunOptions options,
                                std::stop_token stop = {});

/// The method that `settings` come down to, by IANA's name; `config` when they contradict each other.
Result<std::string> effective_client_auth(const ClientSettings& settings, bool client_secret_at_hand);

/// The id under which a client secret is kept in the keyring: bound to the token endpoint's origin and the
/// client id.
Result<std::string> client_secret_item_id(const std::string& token_endpoint, const std::string& client_id);

}  // namespace oauth_token
