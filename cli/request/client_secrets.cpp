#include "client_secrets.hpp"

#include "secret_options.hpp"
#include "terminal/progress.hpp"
#include "terminal/secret_input.hpp"

#include <oauth_token/text.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace oauth_token::cli {
namespace {

/// A secret of the client: its options, its variable, and where the library takes it.
struct ClientSecret {
  SecretKind (*kind)();
  SecretOptions options;
  std::optional<Secret> SecretVariables::*variable;
};

constexpr ClientSecret client_secret{client_secret_kind,
                                     {.file = "client-secret-file", .command = "client-secret-command"},
                                     &SecretVariables::client_secret};

constexpr ClientSecret signing_key_passphrase{
    [] { return passphrase_kind("signing-key-passphrase"); },
    {.file = "signing-key-passphrase-file", .command = "signing-key-passphrase-command"},
    &SecretVariables::signing_key_passphrase};

constexpr ClientSecret tls_key_passphrase{
    [] { return passphrase_kind("tls-key-passphrase"); },
    {.file = "tls-key-passphrase-file", .command = "tls-key-passphrase-command"},
    &SecretVariables::tls_key_passphrase};

Result<SecretPlace> place(const Context& context, const Settings& settings, const ClientSecret& secret) {
  const bool in_variable = (context.variables.*secret.variable).has_value();
  if (!in_variable && !settings.given(secret.options.file) && !settings.given(secret.options.command))
    return {};
  SecretInput input{.kind = secret.kind(),
                    .flags = secret_places(settings, secret.options, Origin::flag),
                    .variables = secret_places(settings, secret.options, Origin::variable),
                    .profile = secret_places(settings, secret.options, Origin::profile)};
  input.variables.value_given = in_variable;
  return choose_place(input);
}

/// The variable's value, when that is the place which counts; the library then asks for it as often as it
/// likes.
Result<PassphraseSource> passphrase_of_variable(Context& context, const Settings& settings,
                                                const ClientSecret& secret) {
  const auto chosen = place(context, settings, secret);
  if (!chosen) return fail(chosen.error());
  if (!std::holds_alternative<FromVariable>(*chosen)) return PassphraseSource();
  auto value = std::make_shared<Secret>(std::move(*(context.variables.*secret.variable)));
  (context.variables.*secret.variable).reset();
  return [value](std::stop_token) -> Result<Secret> { return value->copy(); };
}

/// The file or command that flag or variable name.
SecretSource source_of_this_run(const Settings& settings, const ClientSecret& secret) {
  const auto& options = secret.options;
  if (settings.given_for_this_run(options.file)) return SecretFile{settings.value(options.file)};
  if (settings.given_for_this_run(options.command)) return SecretCommand{settings.value(options.command)};
  return {};
}

Result<Secret> read_source(const SecretSource& source, std::stop_token stop) {
  const Pause whoever_gives_it;
  if (const auto* const file = std::get_if<SecretFile>(&source))
    return read_secret_file(file->path, std::move(stop));
  return read_secret_command(std::get<SecretCommand>(source).command, std::move(stop));
}

Result<Secret> ask_passphrase(const Context& context, const std::string& file) {
  SecretInput nowhere{.kind = passphrase_kind("signing-key-passphrase")};
  nowhere.kind.alternatives =
      "--signing-key-passphrase-file or --tls-key-passphrase-file, or -command in place of -file, or a "
      "variable "
      "(OAUTH_TOKEN_SIGNING_KEY_PASSPHRASE, OAUTH_TOKEN_TLS_KEY_PASSPHRASE)";
  return read_secret(nowhere,
                     {.text = "Passphrase of " + escape_for_terminal(file) + ": ", .what = "passphrase"},
                     context.reading());
}

}  // namespace

Result<void> add_secret_sources(const Context& context, const Settings& settings, ClientSettings& client) {
  const std::pair<const ClientSecret&, SecretSource*> wanted[] = {
      {client_secret, &client.client_secret},
      {signing_key_passphrase, &client.assertion.key_passphrase},
      {tls_key_passphrase, &client.certificate.key_passphrase}};
  for (const auto& [secret, source] : wanted) {
    const auto chosen = place(context, settings, secret);
    if (!chosen) return fail(chosen.error());
    *source = as_source(*chosen);
    const bool said = !std::holds_alternative<std::monostate>(*chosen);
    if (source == &client.client_secret && settings.flag("client-secret-in-keyring") && !said)
      *source = SecretInKeyring{};
  }
  return {};
}

Result<void> add_secrets_of_this_run(Context& context, const Settings& settings, ClientRunOptions& run) {
  const auto chosen = place(context, settings, client_secret);
  if (!chosen) return fail(chosen.error());
  if (std::holds_alternative<FromVariable>(*chosen)) {
    run.client_secret = std::move(*context.variables.client_secret);
    context.variables.client_secret.reset();
  }
  auto signing = passphrase_of_variable(context, settings, signing_key_passphrase);
  if (!signing) return fail(std::move(signing.error()));
  run.signing_key_passphrase = std::move(*signing);
  auto tls = passphrase_of_variable(context, settings, tls_key_passphrase);
  if (!tls) return fail(std::move(tls.error()));
  run.certificate_key_passphrase = std::move(*tls);
  run.ask_passphrase = [&context](const std::string& file, std::stop_token) {
    return ask_passphrase(context, file);
  };
  return {};
}

Result<void> add_secrets_over_session(const Context& context, const Settings& settings,
                                      ClientRunOptions& run) {
  if (const SecretSource source = source_of_this_run(settings, client_secret);
      !std::holds_alternative<std::monostate>(source)) {
    auto secret = read_source(source, context.stop());
    if (!secret) return fail(std::move(secret.error()));
    if (secret->empty())
      return fail(ErrorClass::usage, "The client secret is empty.",
                  "Look at the place that it comes from, or leave it out: the session has its own.");
    run.client_secret = std::move(*secret);
  }
  const std::pair<const ClientSecret&, PassphraseSource*> passphrases[] = {
      {signing_key_passphrase, &run.signing_key_passphrase},
      {tls_key_passphrase, &run.certificate_key_passphrase}};
  for (const auto& [secret, passphrase] : passphrases) {
    SecretSource source = source_of_this_run(settings, secret);
    if (std::holds_alternative<std::monostate>(source)) continue;
    *passphrase = [source = std::move(source)](std::stop_token stop) {
      return read_source(source, std::move(stop));
    };
  }
  return {};
}

}  // namespace oauth_token::cli
