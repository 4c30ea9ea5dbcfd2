#include "client/authentication.hpp"

#include "base/guarded.hpp"

#include <oauth_token/text.hpp>
#include <oauth_token/token_store.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace oauth_token {
namespace {

/// What a method needs of the settings.
struct Method {
  std::string_view name;
  bool secret = false;
  bool assertion = false;  ///< a signing key or a ready-made one
  bool certificate = false;
};

constexpr Method methods[] = {
    {"none"},
    {.name = "client_secret_basic", .secret = true},
    {.name = "client_secret_post", .secret = true},
    {.name = "client_secret_jwt", .secret = true},
    {.name = "private_key_jwt", .assertion = true},
    {.name = "tls_client_auth", .certificate = true},
    {.name = "self_signed_tls_client_auth", .certificate = true},
};

bool is_set(const SecretSource& source) { return !std::holds_alternative<std::monostate>(source); }

std::string names_of_methods() {
  std::string names;
  for (const Method& method : methods) names.append(names.empty() ? "" : ", ").append(method.name);
  return names;
}

/// What the settings hold.
struct Held {
  bool secret = false;
  bool signing_key = false;
  bool ready_made = false;
};

std::string what_of_assertion(const Held& held) {
  return held.signing_key ? "signing key" : "client assertion";
}

bool says_something(const AssertionSettings& assertion) {
  return is_set(assertion.key_passphrase) || !assertion.key_id.empty() || !assertion.algorithm.empty() ||
         !assertion.audience.empty() || !assertion.type.empty() || assertion.not_before ||
         assertion.lifetime != AssertionSettings().lifetime;
}

// Who asks for something that a plain client secret does not have expects another method.
Result<void> check_effect(const Method& method, const ClientSettings& settings) {
  if (!method.secret) return {};
  const std::string name(method.name);
  if (method.name != "client_secret_jwt" && says_something(settings.assertion))
    return fail(
        ErrorClass::config,
        "The client authentication " + name + " makes no client assertion, but there are settings for one.",
        "Say --client-auth client_secret_jwt if that is meant; else leave them out.");
  if (method.name != "client_secret_basic" && settings.basic_encoding == BasicEncoding::raw)
    return fail(ErrorClass::config,
                "The client authentication " + name + " has no use for the basic encoding that is given.",
                "Say --client-auth client_secret_basic if that is meant; else leave it out.");
  return {};
}

Result<void> check_held(const Method& method, const Held& held, const ClientSettings& settings) {
  const std::string name = "The client authentication " + std::string(method.name);
  const bool has_assertion = held.signing_key || held.ready_made;
  if (method.secret && !held.secret)
    return fail(Error{.error_class = ErrorClass::config,
                      .message = name + " needs a client secret.",
                      .hint = "Give it with --client-secret-file, --client-secret-command, "
                              "OAUTH_TOKEN_CLIENT_SECRET, or `oauth-token profile set PROFILE "
                              "--client-secret-prompt`.",
                      .reason = "no-client-secret"});
  if (method.assertion && !has_assertion)
    return fail(ErrorClass::config, name + " needs a signing key, or a client assertion.",
                "Name the key with --signing-key, or what has a ready-made assertion with "
                "--client-assertion-file or --client-assertion-command.");
  if (method.certificate && settings.certificate.certificate.empty())
    return fail(ErrorClass::config, name + " needs a client certificate.",
                "Name it with --tls-cert, and its key with --tls-key where that is in another file.");
  if ((held.secret && !method.secret) || (has_assertion && !method.assertion))
    return fail(Error{.error_class = ErrorClass::config,
                      .message = name + " does not use the " +
                                 (held.secret && !method.secret ? "client secret" : what_of_assertion(held)) +
                                 " that is given.",
                      .hint = "Leave it out, or choose a method that uses it with --client-auth.",
                      .reason = "unused"});
  if (held.signing_key && held.ready_made)
    return fail(ErrorClass::config, "There is a signing key and a ready-made client assertion.",
                "Leave --signing-key, --client-assertion-file or --client-assertion-command out: a request "
                "carries one client authentication (RFC 6749 s2.3).");
  if (settings.assertion.audience == "issuer" && settings.issuer.empty())
    return fail(ErrorClass::config,
                "The client assertion is to be made for the issuer, but no issuer is named.",
                "Name it with --issuer, or say endpoint or the value itself with --assertion-audience.");
  if (std::holds_alternative<SecretInKeyring>(settings.client_assertion))
    return fail(ErrorClass::config, "A client assertion is not kept in the keyring.",
                "Name what has it with --client-assertion-file or --client-assertion-command.");
  if (!settings.certificate.key.empty() && settings.certificate.certificate.empty())
    return fail(ErrorClass::config, "There is the key of a client certificate, but no certificate.",
                "Name it with --tls-cert.");
  if (method.name != "none" && settings.client_id.empty())
    return fail(ErrorClass::config, name + " needs a client id.",
                "Name it with --client-id, or with the key client-id of a profile.");
  return {};
}

/// Which of the commands it was that failed.
Result<Secret> named(Result<Secret> read, std::string_view setting) {
  if (!read) read.error().message = std::string(setting) + ": " + read.error().message;
  return read;
}

Result<Secret> load_from_keyring(const ClientSettings& settings, KeyringOptions options,
                                 std::stop_token stop) {
  const auto id = client_secret_item_id(settings.token_endpoint, settings.client_id);
  if (!id) return fail(id.error());
  options.instead = client_secret_elsewhere;
  const auto store = open_keyring_store(options);
  auto found = store ? (*store)->load(*id, std::move(stop)) : fail(store.error());
  if (!found) {
    found.error().message = "The client secret cannot be read from the keyring: " + found.error().message;
    return fail(std::move(found.error()));
  }
  if (!*found)
    return fail(
        ErrorClass::config,
        "The keyring holds no secret of client " + quote_for_terminal(settings.client_id) + " for " +
            quote_for_terminal(settings.token_endpoint) + ".",
        "Put it there with `oauth-token profile set PROFILE --client-secret-prompt`; it is kept for each "
        "endpoint and client.");
  return std::move(**found);
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

AssertionAudience audience_of(const ClientSettings& settings) {
  const std::string& asked = settings.assertion.audience;
  if (asked == "endpoint") return EndpointAudience{};
  const std::string& issuer = settings.endpoint_issuer.empty() ? settings.issuer : settings.endpoint_issuer;
  if (asked == "issuer") return IssuerAudience{issuer};
  if (!asked.empty()) return FixedAudience{asked};
  if (!settings.endpoint_issuer.empty()) return IssuerAudience{issuer, settings.token_endpoint};
  return EndpointAudience{};
}

AssertionOptions assertion_options(const ClientSettings& settings) {
  const AssertionSettings& assertion = settings.assertion;
  return {.algorithm = assertion.algorithm,
          .key_id = assertion.key_id,
          .audience = audience_of(settings),
          .lifetime = assertion.lifetime,
          .type = assertion.type,
          .not_before = assertion.not_before};
}

Result<ClientAuthentication> private_key_jwt(const ClientSettings& settings, const ClientRunOptions& options,
                                             std::stop_token stop) {
  const AssertionSettings& assertion = settings.assertion;
  auto key = SigningKey::read(
      assertion.key,
      passphrase_source(assertion.key_passphrase, options.signing_key_passphrase, options.ask_passphrase,
                        assertion.key, "signing-key-passphrase-command"),
      std::move(stop));
  if (!key) return fail(std::move(key.error()));
  if (!assertion.algorithm.empty())
    if (auto fits = key->check_algorithm(assertion.algorithm); !fits) return fail(std::move(fits.error()));
  if (auto told = pass_on(key->warnings(), options); !told) return fail(std::move(told.error()));
  return PrivateKeyJwt{settings.client_id, std::move(*key), assertion_options(settings)};
}

}  // namespace

Result<void> pass_on(const std::vector<std::string>& warnings, const ClientRunOptions& options) {
  if (!options.warn) return {};
  for (const std::string& sentence : warnings)
    if (auto told = guarded("function for warnings", options.warn, sentence); !told) return told;
  return {};
}

PassphraseSource passphrase_source(
    const SecretSource& source, const PassphraseSource& given,
    const std::function<Result<Secret>(const std::string&, std::stop_token)>& ask, const std::string& file,
    std::string_view setting) {
  if (given) return given;
  if (const auto* from = std::get_if<SecretFile>(&source))
    return [path = from->path](std::stop_token stop) { return read_secret_file(path, std::move(stop)); };
  if (const auto* from = std::get_if<SecretCommand>(&source))
    return [command = from->command, setting = std::string(setting)](std::stop_token stop) {
      return named(read_secret_command(command, std::move(stop)), setting);
    };
  if (!ask) return {};
  return [ask, file](std::stop_token stop) { return ask(file, std::move(stop)); };
}

Result<ClientAuthentication> make_authentication(const ClientSettings& settings, ClientRunOptions& options,
                                                 std::string_view method, std::stop_token stop) {
  if (method == "none") return NoAuthentication{settings.client_id};
  if (method == "tls_client_auth") return TlsClientAuth{settings.client_id};
  if (method == "self_signed_tls_client_auth") return SelfSignedTlsClientAuth{settings.client_id};
  if (method == "private_key_jwt") {
    if (!settings.assertion.key.empty()) return private_key_jwt(settings, options, std::move(stop));
    return ReadyMadeAssertion{settings.client_id, assertion_from(settings.client_assertion)};
  }
  auto secret = read_client_secret(settings, options, std::move(stop));
  if (!secret) return fail(std::move(secret.error()));
  if (method == "client_secret_jwt")
    return ClientSecretJwt{settings.client_id, std::move(*secret), assertion_options(settings)};
  if (method == "client_secret_post") return ClientSecretPost{settings.client_id, std::move(*secret)};
  return ClientSecretBasic{settings.client_id, std::move(*secret), settings.basic_encoding};
}

Result<std::string> effective_client_auth(const ClientSettings& settings, bool client_secret_at_hand) {
  const Held held{.secret = client_secret_at_hand || is_set(settings.client_secret),
                  .signing_key = !settings.assertion.key.empty(),
                  .ready_made = is_set(settings.client_assertion)};
  const bool has_assertion = held.signing_key || held.ready_made;
  std::string name = settings.client_auth;
  if (name.empty()) {
    if (held.secret && has_assertion)
      return fail(ErrorClass::config, "There is a client secret and a " + what_of_assertion(held) + ".",
                  "Leave one of them out: a request carries one client authentication (RFC 6749 s2.3).");
    name = held.secret ? "client_secret_basic" : has_assertion ? "private_key_jwt" : "none";
  }
  const auto* const method = std::find_if(std::begin(methods), std::end(methods),
                                          [&](const Method& known) { return known.name == name; });
  if (method == std::end(methods))
    return fail(ErrorClass::config,
                "There is no client authentication method " + quote_for_terminal(name) + ".",
                "The names are " + names_of_methods() + ".");
  if (auto checked = check_held(*method, held, settings); !checked) return fail(std::move(checked.error()));
  if (auto checked = check_effect(*method, settings); !checked) return fail(std::move(checked.error()));
  return name;
}

}  // namespace oauth_token
