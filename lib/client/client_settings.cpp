#include "client/token_client_access.hpp"

#include <oauth_token/client_settings.hpp>
#include <oauth_token/server_metadata.hpp>
#include <oauth_token/text.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

namespace oauth_token {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array<std::string_view, 4> methods{"none", "client_secret_basic", "client_secret_post",
                                                  "private_key_jwt"};
constexpr std::array<std::string_view, 3> later_methods{"client_secret_jwt", "tls_client_auth",
                                                        "self_signed_tls_client_auth"};

bool is_set(const SecretSource& source) { return !std::holds_alternative<std::monostate>(source); }

std::string shown(std::string_view text) { return "\"" + escape_for_terminal(text) + "\""; }

// Ids are made of letters, digits and . _ : / % - alone.
std::string for_item_id(std::string_view text, std::string_view kept) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
        kept.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += hex[byte >> 4U];
      out += hex[byte & 0xfU];
    }
  }
  return out;
}

Result<void> check_endpoint(const std::string& endpoint, std::string_view what, bool allow_http) {
  if (endpoint.empty()) return {};
  const auto url = parse_url(endpoint);
  if (!url) return fail(url.error());
  if (url->scheme == "http" && !url->is_loopback() && !allow_http)
    return fail(ErrorClass::insecure, "The " + std::string(what) + " " + shown(url->text) + " is not https.",
                "Plain http is accepted for this machine only, unless --allow-http is given.");
  return {};
}

// What the metadata says is written where the settings say nothing.
Result<void> complete(ClientSettings& settings, const ClientRunOptions& options, const Transport& transport,
                      Clock::time_point deadline, std::stop_token stop) {
  const bool lacks_endpoint =
      settings.token_endpoint.empty() || (options.all_endpoints && (settings.introspection_endpoint.empty() ||
                                                                    settings.revocation_endpoint.empty()));
  if (!lacks_endpoint || (settings.issuer.empty() && !settings.token_endpoint.empty())) return {};
  if (settings.issuer.empty())
    return fail(ErrorClass::config, "Neither issuer nor token endpoint is named.",
                "Name the server with --issuer or --token-endpoint, or in a profile.");
  auto metadata = discover(transport, settings.issuer,
                           {.deadline = deadline, .allow_http = options.allow_http}, std::move(stop));
  if (!metadata) return fail(std::move(metadata.error()));
  const auto take = [](std::string& own, std::string& found) {
    if (own.empty()) own = std::move(found);
  };
  take(settings.token_endpoint, metadata->token_endpoint);
  take(settings.introspection_endpoint, metadata->introspection_endpoint);
  take(settings.revocation_endpoint, metadata->revocation_endpoint);
  return {};
}

Result<Secret> load_from_keyring(const ClientSettings& settings, const KeyringOptions& options,
                                 std::stop_token stop) {
  const auto id = client_secret_item_id(settings.token_endpoint, settings.client_id);
  if (!id) return fail(id.error());
  const auto store = open_keyring_store(options);
  if (!store) return fail(store.error());
  auto found = (*store)->load(*id, std::move(stop));
  if (!found) return fail(std::move(found.error()));
  if (!*found)
    return fail(ErrorClass::config,
                "The keyring holds no secret of client " + shown(settings.client_id) + " for " +
                    shown(settings.token_endpoint) + ".",
                "Put it there with `oauth-token profile set`; it is kept for each endpoint and client.");
  return std::move(**found);
}

/// Which of the commands it was that failed.
Result<Secret> named(Result<Secret> read, std::string_view setting) {
  if (!read) read.error().message = std::string(setting) + ": " + read.error().message;
  return read;
}

Result<Secret> read_client_secret(const ClientSettings& settings, ClientRunOptions& options,
                                  std::stop_token stop) {
  if (!options.client_secret.empty()) return std::move(options.client_secret);
  Result<Secret> secret;
  if (const auto* file = std::get_if<SecretFile>(&settings.client_secret))
    secret = read_secret_file(file->path, std::move(stop));
  else if (const auto* command = std::get_if<SecretCommand>(&settings.client_secret))
    secret = named(read_secret_command(command->command, std::move(stop)), "client-secret-command");
  else
    secret = load_from_keyring(settings, options.keyring, std::move(stop));
  // UAA's "cf" has an empty secret; who names an empty file means it.
  if (secret && secret->empty() && !std::holds_alternative<SecretFile>(settings.client_secret))
    return fail(ErrorClass::config, "The client secret is empty.", "Look at the place that it comes from.");
  return secret;
}

std::function<Result<Secret>(std::stop_token)> assertion_from(const SecretSource& source) {
  return [source](std::stop_token stop) {
    if (const auto* file = std::get_if<SecretFile>(&source))
      return read_secret_file(file->path, std::move(stop));
    return named(read_secret_command(std::get<SecretCommand>(source).command, std::move(stop)),
                 "client-assertion-command");
  };
}

Result<ClientAuthentication> authentication_for(const ClientSettings& settings, ClientRunOptions& options,
                                                std::string_view method, std::stop_token stop) {
  if (method == "none") return NoAuthentication{settings.client_id};
  if (method == "private_key_jwt")
    return ReadyMadeAssertion{settings.client_id, assertion_from(settings.client_assertion)};
  auto secret = read_client_secret(settings, options, std::move(stop));
  if (!secret) return fail(std::move(secret.error()));
  if (method == "client_secret_post") return ClientSecretPost{settings.client_id, std::move(*secret)};
  return ClientSecretBasic{settings.client_id, std::move(*secret), settings.basic_encoding};
}

Result<void> check_method(std::string_view method, bool has_secret, const ClientSettings& settings) {
  const bool wants_secret = method == "client_secret_basic" || method == "client_secret_post";
  const bool wants_assertion = method == "private_key_jwt";
  const bool has_assertion = is_set(settings.client_assertion);
  const std::string name = "The client authentication " + std::string(method);
  if (wants_secret && !has_secret)
    return fail(ErrorClass::config, name + " needs a client secret.",
                "Give it with a file, a command, a variable, or `oauth-token profile set`.");
  if (wants_assertion && !has_assertion)
    return fail(ErrorClass::config, name + " needs a client assertion.",
                "Name the file or command that has it.");
  if ((has_secret && !wants_secret) || (has_assertion && !wants_assertion))
    return fail(ErrorClass::config,
                name + " does not use the client " + (has_secret && !wants_secret ? "secret" : "assertion") +
                    " that is given.",
                "Leave the one or the other out.");
  if (wants_assertion && std::holds_alternative<SecretInKeyring>(settings.client_assertion))
    return fail(ErrorClass::config, "A client assertion is not kept in the keyring.",
                "Name the file or command that has it.");
  if (method != "none" && settings.client_id.empty())
    return fail(ErrorClass::config, name + " needs a client id.",
                "Name it with --client-id or in a profile.");
  return {};
}

}  // namespace

Result<std::string> effective_client_auth(const ClientSettings& settings, bool client_secret_at_hand) {
  const bool has_secret = client_secret_at_hand || is_set(settings.client_secret);
  const bool has_assertion = is_set(settings.client_assertion);
  std::string method = settings.client_auth;
  if (method.empty()) {
    if (has_secret && has_assertion)
      return fail(ErrorClass::config, "There is a client secret and a client assertion.",
                  "Leave one of them out: a request carries one client authentication (RFC 6749 s2.3).");
    method = has_secret ? "client_secret_basic" : has_assertion ? "private_key_jwt" : "none";
  }
  if (std::find(later_methods.begin(), later_methods.end(), method) != later_methods.end())
    return fail(ErrorClass::config, "This version cannot authenticate the client by " + method + ".",
                "It can by none, client_secret_basic, client_secret_post, and private_key_jwt with a "
                "ready-made assertion.");
  if (std::find(methods.begin(), methods.end(), method) == methods.end())
    return fail(ErrorClass::config, "There is no client authentication method " + shown(method) + ".",
                "The names are none, client_secret_basic, client_secret_post, private_key_jwt.");
  if (auto checked = check_method(method, has_secret, settings); !checked)
    return fail(std::move(checked.error()));
  return method;
}

Result<std::string> client_secret_item_id(const std::string& token_endpoint, const std::string& client_id) {
  const auto url = parse_url(token_endpoint);
  if (!url) return fail(url.error());
  return "client-secret/" + for_item_id(url->origin(), ".:/-") + "/" + for_item_id(client_id, "._-");
}

Result<TokenClient> make_client(ClientSettings& settings, ClientRunOptions options, std::stop_token stop) {
  const auto start = Clock::now();
  const auto method = effective_client_auth(settings, !options.client_secret.empty());
  if (!method) return fail(method.error());
  for (const auto& [endpoint, what] : {std::pair(&settings.token_endpoint, "token endpoint"),
                                       std::pair(&settings.introspection_endpoint, "introspection endpoint"),
                                       std::pair(&settings.revocation_endpoint, "revocation endpoint")})
    if (auto checked = check_endpoint(*endpoint, what, options.allow_http); !checked)
      return fail(std::move(checked.error()));

  TransportOptions transport_options{.ca_file = settings.ca_file,
                                     .proxy = settings.proxy,
                                     .insecure_tls = options.insecure_tls,
                                     .allow_http = options.allow_http,
                                     .connect_timeout = options.connect_timeout};
  auto transport = make_transport(transport_options);
  if (!transport) return fail(std::move(transport.error()));
  if (options.decorate) *transport = options.decorate(std::move(*transport));
  if (auto done = complete(settings, options, *transport, start + options.timeout, stop); !done)
    return fail(std::move(done.error()));
  const auto used = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - start);

  auto authentication = authentication_for(settings, options, *method, std::move(stop));
  if (!authentication) return fail(std::move(authentication.error()));
  TokenClient client({.token_endpoint = settings.token_endpoint,
                      .introspection_endpoint = settings.introspection_endpoint,
                      .revocation_endpoint = settings.revocation_endpoint,
                      .authentication = std::move(*authentication),
                      .headers = settings.headers,
                      .lenient = settings.lenient || options.lenient,
                      .timeout = options.timeout,
                      .transport_options = std::move(transport_options),
                      .transport = std::move(*transport)});
  TokenClientAccess::charge(client, used);
  return client;
}

}  // namespace oauth_token
