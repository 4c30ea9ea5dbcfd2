#include "client_options.hpp"

#include "client_secrets.hpp"
#include "grant_options.hpp"
#include "options/parameter_rules.hpp"
#include "options/value_check.hpp"
#include "output/report.hpp"
#include "output/trace.hpp"
#include "safe_place.hpp"
#include "sign_in_hint.hpp"
#include "signals.hpp"
#include "terminal/progress.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>

#include <fcntl.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

Result<HttpHeader> parse_header(const std::string& text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  HttpHeader header{.name = text.substr(0, colon), .value = text.substr(std::min(colon + 1, text.size()))};
  header.value.erase(0, std::min(header.value.find_first_not_of(' '), header.value.size()));
  if (auto checked = check_header_name(colon < text.size() ? header.name : ""); !checked)
    return fail(std::move(checked.error()));
  return header;
}

SecretSource assertion_source(const Settings& settings) {
  if (settings.given("client-assertion-file")) return SecretFile{settings.value("client-assertion-file")};
  if (settings.given("client-assertion-command"))
    return SecretCommand{settings.value("client-assertion-command")};
  return {};
}

AssertionSettings assertion_settings(const Settings& settings) {
  AssertionSettings assertion{.key = settings.value("signing-key"),
                              .key_id = settings.value("signing-key-id"),
                              .algorithm = settings.value("signing-alg"),
                              .audience = settings.value("assertion-audience"),
                              .type = settings.value("assertion-type"),
                              .not_before = settings.flag("assertion-nbf")};
  if (const auto lifetime = parse_seconds(settings.value("assertion-lifetime")))
    assertion.lifetime = std::chrono::duration_cast<std::chrono::seconds>(*lifetime);
  return assertion;
}

bool a_person_is_there() noexcept {
  const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal == -1) return false;
  close(terminal);
  return true;
}

/// The settings as far as they were given: for comparing with a session.
Result<ClientSettings> read_client_settings(const Settings& settings) {
  ClientSettings client{.issuer = settings.value("issuer"),
                        .token_endpoint = settings.value("token-endpoint"),
                        .introspection_endpoint = settings.value("introspection-endpoint"),
                        .revocation_endpoint = settings.value("revocation-endpoint"),
                        .client_id = settings.value("client-id"),
                        .client_auth = settings.value("client-auth"),
                        .ca_file = settings.value("cacert")};
  if (settings.value("basic-encoding") == "raw") client.basic_encoding = BasicEncoding::raw;
  client.client_assertion = assertion_source(settings);
  client.assertion = assertion_settings(settings);
  client.certificate = {.certificate = settings.value("tls-cert"), .key = settings.value("tls-key")};
  client.dpop.key = settings.value("dpop-key");
  if (settings.given("dpop"))
    client.dpop.use = settings.value("dpop") == "optional" ? DpopUse::optional : DpopUse::required;
  for (const std::string& text : settings.list("header")) {
    auto header = parse_header(text);
    if (!header) return fail(settings.about("header", std::move(header.error())));
    client.headers.push_back(std::move(*header));
  }
  if (settings.given("proxy")) client.proxy = settings.value("proxy");
  return client;
}

/// Server and client of the profile count too; user, scope and resource are those of its next sign-in.
AskedBinding asked_binding(const Settings& settings, const ClientSettings& client) {
  AskedBinding asked{.client = client, .basic_encoding = settings.given("basic-encoding")};
  if (settings.given_for_this_run("username")) asked.username = settings.value("username");
  if (settings.given_for_this_run("scope")) asked.scope = settings.list("scope");
  if (settings.given_for_this_run("resource")) asked.resource = settings.list("resource");
  return asked;
}

/// The hint names the option of the member that differs.
Error with_option(Error error, const Settings& settings) {
  std::string option = error.reason == "ca_file" ? "cacert" : error.reason;
  std::replace(option.begin(), option.end(), '_', '-');
  if (const auto name = find_option(option))
    error.hint = "Leave " + settings.where(*name) + " out, or sign in with it under another --session name.";
  return error;
}

/// Its commands run in the middle of requests, and may ask at the terminal.
void make_way_for_commands(const ClientSettings& client) noexcept {
  for (const SecretSource* const source :
       {&client.client_secret, &client.client_assertion, &client.assertion.key_passphrase,
        &client.certificate.key_passphrase})
    if (std::holds_alternative<SecretCommand>(*source)) commands_may_have_terminal();
}

bool same_headers(const std::vector<HttpHeader>& left, const std::vector<HttpHeader>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const auto& a, const auto& b) { return a.name == b.name && a.value == b.value; });
}

constexpr const char* key_of_tokens = "key of the stored tokens";

void warn_of_readable(const std::function<void(const std::string&)>& warn, const std::string& path,
                      const std::string& what) {
  if (warn && !path.empty() && others_may_read(path))
    warn("The file \"" + path + "\" holds the " + what +
         ", and other users can read it: chmod 600 mends that.");
}

/// A flag that the session would pass over in silence.
Result<void> check_flags_without_effect(const Settings& settings, const ClientSettings& asked,
                                        const SessionRecord& record) {
  auto parameters = open_parameters(settings);
  if (!parameters) return fail(std::move(parameters.error()));
  const struct {
    OptionName name;
    bool same;
  } rows[] = {
      {"param", *parameters == record.parameters},
      {"param-file", false},
      {"prompt-param", false},
      {"header", same_headers(asked.headers, record.client.headers)},
      {"proxy", asked.proxy == record.client.proxy},
      {"client-assertion-file", asked.client_assertion == record.client.client_assertion},
      {"client-assertion-command", asked.client_assertion == record.client.client_assertion},
      {"assertion-lifetime", asked.assertion.lifetime == record.client.assertion.lifetime},
      {"assertion-nbf", asked.assertion.not_before == record.client.assertion.not_before},
  };
  for (const auto& [name, same] : rows) {
    if (same || settings.origin(name) != Origin::flag) continue;
    return fail(ErrorClass::usage,
                settings.where(name) + " cannot change the session \"" + settings.session +
                    "\": that was fixed when it was signed in.",
                "Leave it out, or sign in again.");
  }
  return {};
}

}  // namespace

Result<void> check_loopback_only(const Settings& settings, const ClientSettings& client) {
  for (std::size_t i = 0; i < option_count; ++i) {
    const OptionName name(i);
    if (!option_table[i].has(loopback_only) || settings.origin(name) != Origin::profile ||
        !settings.flag(name))
      continue;
    for (const std::string* const server : {&client.issuer, &client.token_endpoint,
                                            &client.introspection_endpoint, &client.revocation_endpoint}) {
      if (server->empty()) continue;
      auto url = parse_url(*server);
      if (!url) return fail(std::move(url.error()));
      if (url->is_loopback()) continue;
      return fail(ErrorClass::config,
                  settings.where(name) + " is for servers on this machine only, not for " + url->host + ".",
                  "Remove it from the profile, and write --" + std::string(option_table[i].name) +
                      " on the command line each time it is meant.");
    }
  }
  return {};
}

Result<ClientSettings> client_settings(const Context& context, const Settings& settings) {
  if (!settings.given("issuer") && !settings.given("token-endpoint")) {
    return fail(
        ErrorClass::usage, "No server is named.",
        "Use --issuer URL or --token-endpoint URL, or a profile: oauth-token profile set NAME --issuer URL.");
  }
  auto client = read_client_settings(settings);
  if (!client) return client;
  if (auto checked = check_loopback_only(settings, *client); !checked)
    return fail(std::move(checked.error()));
  if (auto added = add_secret_sources(context, settings, *client); !added)
    return fail(std::move(added.error()));
  make_way_for_commands(*client);
  return client;
}

Result<ClientRunOptions> run_options(Context& context, const Settings& settings) {
  ClientRunOptions run{.insecure_tls = settings.flag("insecure-tls"),
                       .allow_http = settings.flag("allow-http"),
                       .lenient = settings.flag("lenient"),
                       .keyring = keyring_options(context, settings),
                       .decorate = tracing(context, settings)};
  run.warn = [&context](const std::string& sentence) { warn(context, sentence); };
  if (auto added = add_secrets_of_this_run(context, settings, run); !added)
    return fail(std::move(added.error()));
  const bool of_session = settings.command->basis == Basis::session && !settings.caller_keeps_token;
  if (!of_session || settings.given_for_this_run("client-secret-file"))
    warn_of_readable(run.warn, settings.value("client-secret-file"), "client secret");
  if (const auto time = parse_seconds(settings.value("timeout"))) run.timeout = *time;
  if (const auto time = parse_seconds(settings.value("connect-timeout"))) run.connect_timeout = *time;
  if (run.insecure_tls)
    warn_always(
        context,
        "The server's certificate is NOT checked (--insecure-tls): anybody on the way can read the secrets.");
  return run;
}

KeyringOptions keyring_options(const Context& context, const Settings& settings) {
  KeyringOptions keyring{.may_prompt = !context.no_input && a_person_is_there()};
  if (const auto time = parse_seconds(settings.value("store-timeout"))) keyring.timeout = *time;
  return keyring;
}

Result<SessionOptions> session_options(Context& context, const Settings& settings) {
  auto run = run_options(context, settings);
  if (!run) return fail(std::move(run.error()));
  if (auto added = add_secrets_over_session(context, settings, *run); !added)
    return fail(std::move(added.error()));
  SessionOptions session{.keyring = run->keyring, .kernel_cache = !settings.flag("no-cache")};
  if (settings.given("timeout")) session.refresh_timeout = run->timeout;
  session.client = std::move(*run);
  session.critical_part = hold_signals_back;
  session.file = {.key_file = settings.value("store-key-file"),
                  .allow_plaintext = settings.flag("allow-plaintext-store")};
  if (auto key = store_key(context, settings)) session.file.key = std::move(*key);
  context.variables.store_key.reset();
  if (session.file.key.empty()) warn_of_readable(session.client.warn, session.file.key_file, key_of_tokens);
  return session;
}

std::optional<Secret> store_key(const Context& context, const Settings& settings) {
  const std::optional<Secret>& key = context.variables.store_key;
  if (!key || settings.origin("store-key-file") == Origin::flag) return std::nullopt;
  return key->copy();
}

Result<std::vector<SessionRecord>> stored_sessions() {
  const auto folder = SessionFolder::find();
  if (!folder) return fail(folder.error());
  return *folder ? (*folder)->list() : std::vector<SessionRecord>();
}

Result<Session> open_session(const Settings& settings, SessionOptions given) {
  const bool has_key = !given.file.key.empty() || !given.file.key_file.empty();
  const auto warn = given.client.warn;
  auto session = Session::open(settings.session, std::move(given));
  if (!session) return fail(explain_missing_session(std::move(session.error()), settings));
  const SessionRecord& record = session->record();
  if (!has_key) warn_of_readable(warn, record.store_key_file, key_of_tokens);
  if (const auto* const file = std::get_if<SecretFile>(&record.client.client_secret);
      file != nullptr && !settings.given_for_this_run("client-secret-file"))
    warn_of_readable(warn, file->path, "client secret");
  if (auto checked = check_loopback_only(settings, record.client); !checked)
    return fail(std::move(checked.error()));
  auto asked = read_client_settings(settings);
  if (!asked) return fail(std::move(asked.error()));
  if (auto same = session->check_binding(asked_binding(settings, *asked)); !same)
    return fail(with_option(std::move(same.error()), settings));
  if (auto same = check_flags_without_effect(settings, *asked, record); !same)
    return fail(std::move(same.error()));
  make_way_for_commands(record.client);
  return session;
}

}  // namespace oauth_token::cli
