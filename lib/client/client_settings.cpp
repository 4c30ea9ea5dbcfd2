#include "base/characters.hpp"
#include "base/guarded.hpp"
#include "client/authentication.hpp"
#include "client/dpop.hpp"
#include "client/same_url.hpp"
#include "client/token_client_access.hpp"

#include <oauth_token/client_settings.hpp>
#include <oauth_token/server_metadata.hpp>
#include <oauth_token/text.hpp>

#include <memory>
#include <string_view>
#include <utility>

namespace oauth_token {
namespace {

using Clock = std::chrono::steady_clock;

// Ids are made of letters, digits and . _ : / % - alone.
std::string for_item_id(std::string_view text, std::string_view kept) {
  std::string out;
  for (const char c : text) {
    if (is_letter_or_digit(c) || kept.find(c) != std::string_view::npos)
      out += c;
    else
      append_percent_encoded(out, c);
  }
  return out;
}

Result<void> check_endpoint(const std::string& endpoint, std::string_view what, bool allow_http) {
  if (endpoint.empty()) return {};
  const auto url = parse_url(endpoint);
  if (!url) return fail(url.error());
  if (url->scheme == "http" && !url->is_loopback() && !allow_http)
    return fail(ErrorClass::insecure,
                "The " + std::string(what) + " " + quote_for_terminal(url->text) + " is not https.",
                "Plain http is accepted for this machine only, unless --allow-http is given.");
  return {};
}

// Whether what we sign ourselves is to be made for the issuer or the token endpoint, as the metadata say.
bool needs_audience(const ClientSettings& settings, std::string_view method) {
  const bool signs =
      method == "client_secret_jwt" || (method == "private_key_jwt" && !settings.assertion.key.empty());
  return signs && settings.assertion.audience.empty() && settings.endpoint_issuer.empty();
}

bool lacks_endpoint(const ClientSettings& settings, const ClientRunOptions& options) {
  return settings.token_endpoint.empty() ||
         (options.all_endpoints &&
          (settings.introspection_endpoint.empty() || settings.revocation_endpoint.empty()));
}

// Somebody who has the user write a wrong endpoint would get assertions for the right one.
tl::unexpected<Error> audience_unknown(const ClientSettings& settings, const ServerMetadata& metadata) {
  return fail(ErrorClass::config,
              "The token endpoint " + quote_for_terminal(settings.token_endpoint) + " is not the one that " +
                  quote_for_terminal(settings.issuer) + " names, " +
                  quote_for_terminal(metadata.token_endpoint) +
                  ": it is not clear for whom the client assertion is to be made.",
              "Leave the token endpoint out, or say with --assertion-audience issuer, endpoint or a value.");
}

// RFC 8705 s5: for a client with a certificate they take the place of the endpoints that have one.
void prefer_aliases(ServerMetadata& metadata) {
  const std::pair<std::string&, std::string&> rows[] = {
      {metadata.token_endpoint, metadata.mtls_token_endpoint},
      {metadata.introspection_endpoint, metadata.mtls_introspection_endpoint},
      {metadata.revocation_endpoint, metadata.mtls_revocation_endpoint}};
  for (const auto& [endpoint, alias] : rows)
    if (!alias.empty()) endpoint = alias;
}

// What the metadata says is written where the settings say nothing.
Result<void> complete(ClientSettings& settings, const ClientRunOptions& options, std::string_view method,
                      const Transport& transport, Clock::time_point deadline, std::stop_token stop) {
  if (settings.issuer.empty()) {
    if (!settings.token_endpoint.empty()) return {};
    return fail(ErrorClass::config, "Neither issuer nor token endpoint is named.",
                "Name the server with --issuer or --token-endpoint, or in a profile.");
  }
  if (!lacks_endpoint(settings, options) && !needs_audience(settings, method)) return {};
  auto metadata = discover(transport, settings.issuer,
                           {.deadline = deadline, .allow_http = options.allow_http}, std::move(stop));
  if (!metadata) return fail(std::move(metadata.error()));
  const std::string plain = metadata->token_endpoint;
  if (!settings.certificate.certificate.empty()) prefer_aliases(*metadata);
  const std::string& chosen =
      settings.token_endpoint.empty() ? metadata->token_endpoint : settings.token_endpoint;
  settings.endpoint_issuer = same_url(chosen, plain) ? metadata->issuer : "";
  if (needs_audience(settings, method)) {
    if (!same_url(chosen, metadata->token_endpoint)) return audience_unknown(settings, *metadata);
    settings.assertion.audience = "endpoint";  // an alias
  }
  const auto take = [](std::string& own, std::string& found) {
    if (own.empty()) own = std::move(found);
  };
  take(settings.token_endpoint, metadata->token_endpoint);
  take(settings.introspection_endpoint, metadata->introspection_endpoint);
  take(settings.revocation_endpoint, metadata->revocation_endpoint);
  return {};
}

}  // namespace

Result<std::string> client_secret_item_id(const std::string& token_endpoint, const std::string& client_id) {
  const auto url = parse_url(token_endpoint);
  if (!url) return fail(url.error());
  return "client-secret/" + for_item_id(url->origin(), ".:/-") + "/" + for_item_id(client_id, "._-");
}

Result<TransportOptions> transport_options(const ClientSettings& settings, const ClientRunOptions& options,
                                           std::stop_token stop) {
  TransportOptions reaching{.ca_file = settings.ca_file,
                            .proxy = settings.proxy,
                            .insecure_tls = options.insecure_tls,
                            .allow_http = options.allow_http,
                            .connect_timeout = options.connect_timeout};
  const CertificateSettings& named = settings.certificate;
  if (named.certificate.empty()) return reaching;
  const std::string& locked = named.key.empty() ? named.certificate : named.key;
  auto certificate =
      ClientCertificate::read(named.certificate, named.key,
                              passphrase_source(named.key_passphrase, options.certificate_key_passphrase,
                                                options.ask_passphrase, locked, "tls-key-passphrase-command"),
                              std::move(stop));
  if (!certificate) return fail(std::move(certificate.error()));
  if (auto told = pass_on(certificate->warnings(), options); !told) return fail(std::move(told.error()));
  reaching.client_certificate = std::move(*certificate);
  return reaching;
}

Result<TokenClient> make_client(ClientSettings& settings, ClientRunOptions options, std::stop_token stop) {
  const auto method = effective_client_auth(settings, !options.client_secret.empty());
  if (!method) return fail(method.error());
  if (auto checked = check_dpop(settings, options); !checked) return fail(std::move(checked.error()));
  for (const auto& [endpoint, what] : {std::pair(&settings.token_endpoint, "token endpoint"),
                                       std::pair(&settings.introspection_endpoint, "introspection endpoint"),
                                       std::pair(&settings.revocation_endpoint, "revocation endpoint")})
    if (auto checked = check_endpoint(*endpoint, what, options.allow_http); !checked)
      return fail(std::move(checked.error()));

  auto reaching = transport_options(settings, options, stop);
  if (!reaching) return fail(std::move(reaching.error()));
  auto transport = make_transport(*reaching);
  if (!transport) return fail(std::move(transport.error()));
  if (options.decorate) {
    transport = guarded("function that wraps the transport", options.decorate, std::move(*transport));
    if (!transport) return fail(std::move(transport.error()));
  }
  const auto start = Clock::now();  // what came before may have waited for a person
  if (auto done = complete(settings, options, *method, *transport, later(start, options.timeout), stop);
      !done)
    return fail(std::move(done.error()));
  const auto used = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - start);

  auto authentication = make_authentication(settings, options, *method, stop);
  if (!authentication) return fail(std::move(authentication.error()));
  auto dpop = make_dpop(settings, options, *authentication, std::move(stop));
  if (!dpop) return fail(std::move(dpop.error()));
  TokenClient client({.token_endpoint = settings.token_endpoint,
                      .introspection_endpoint = settings.introspection_endpoint,
                      .revocation_endpoint = settings.revocation_endpoint,
                      .authentication = std::move(*authentication),
                      .dpop = std::move(*dpop),
                      .headers = settings.headers,
                      .lenient = settings.lenient || options.lenient,
                      .timeout = options.timeout,
                      .transport_options = std::move(*reaching),
                      .transport = options.decorate ? *transport : Transport(),
                      .executor = std::move(options.executor)});
  TokenClientAccess::use_transport(client, std::move(*transport));
  TokenClientAccess::charge(client, used);
  return client;
}

}  // namespace oauth_token
