#include "c/handles.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <variant>

using oauth_token::BasicEncoding;
using oauth_token::DpopUse;
using oauth_token::Error;
using oauth_token::ErrorClass;
using oauth_token::fail;
using oauth_token::PassphraseSource;
using oauth_token::quote_for_terminal;
using oauth_token::Result;
using oauth_token::Secret;
using oauth_token::SecretCommand;
using oauth_token::SecretFile;
using oauth_token::SecretInKeyring;
using oauth_token::SecretSource;
using oauth_token::c::missing;
using oauth_token::c::new_handle;
using oauth_token::c::status_from;

namespace {

using Settings = oauth_token_settings;
using std::chrono::seconds;

/// Where the value of a name stands.
template <class Value>
struct Place {
  std::string_view name;
  Value* (*in)(Settings& settings);
};

constexpr Place<std::string> texts[] = {
    {"issuer", [](Settings& s) { return &s.client.issuer; }},
    {"token-endpoint", [](Settings& s) { return &s.client.token_endpoint; }},
    {"introspection-endpoint", [](Settings& s) { return &s.client.introspection_endpoint; }},
    {"revocation-endpoint", [](Settings& s) { return &s.client.revocation_endpoint; }},
    {"client-id", [](Settings& s) { return &s.client.client_id; }},
    {"client-auth", [](Settings& s) { return &s.client.client_auth; }},
    {"signing-key", [](Settings& s) { return &s.client.assertion.key; }},
    {"signing-key-id", [](Settings& s) { return &s.client.assertion.key_id; }},
    {"signing-alg", [](Settings& s) { return &s.client.assertion.algorithm; }},
    {"assertion-audience", [](Settings& s) { return &s.client.assertion.audience; }},
    {"assertion-type", [](Settings& s) { return &s.client.assertion.type; }},
    {"tls-cert", [](Settings& s) { return &s.client.certificate.certificate; }},
    {"tls-key", [](Settings& s) { return &s.client.certificate.key; }},
    {"dpop-key", [](Settings& s) { return &s.client.dpop.key; }},
    {"cacert", [](Settings& s) { return &s.client.ca_file; }},
    {"store", [](Settings& s) { return &s.session.store; }},
    {"store-key-file", [](Settings& s) { return &s.session.store_key_file; }},
    {"state-folder", [](Settings& s) { return &s.state_folder; }},
};

constexpr Place<bool> flags[] = {
    {"assertion-nbf", [](Settings& s) { return &s.client.assertion.not_before; }},
    {"lenient", [](Settings& s) { return &s.client.lenient; }},
    {"insecure-tls", [](Settings& s) { return &s.insecure_tls; }},
    {"allow-http", [](Settings& s) { return &s.allow_http; }},
    {"kernel-cache", [](Settings& s) { return &s.kernel_cache; }},
    {"keyring-prompt", [](Settings& s) { return &s.keyring_prompt; }},
};

constexpr Place<seconds> times[] = {
    {"assertion-lifetime", [](Settings& s) { return &s.client.assertion.lifetime; }},
    {"timeout", [](Settings& s) { return &s.timeout; }},
    {"connect-timeout", [](Settings& s) { return &s.connect_timeout; }},
    {"store-timeout", [](Settings& s) { return &s.store_timeout; }},
    {"refresh-timeout", [](Settings& s) { return &s.refresh_timeout; }},
};

/// Each by two names: with -file and with -command behind.
constexpr Place<SecretSource> sources[] = {
    {"client-secret", [](Settings& s) { return &s.client.client_secret; }},
    {"client-assertion", [](Settings& s) { return &s.client.client_assertion; }},
    {"signing-key-passphrase", [](Settings& s) { return &s.client.assertion.key_passphrase; }},
    {"tls-key-passphrase", [](Settings& s) { return &s.client.certificate.key_passphrase; }},
};

constexpr Place<Secret> secrets[] = {
    {"client-secret", [](Settings& s) { return &s.client_secret; }},
    {"signing-key-passphrase", [](Settings& s) { return &s.signing_key_passphrase; }},
    {"tls-key-passphrase", [](Settings& s) { return &s.tls_key_passphrase; }},
    {"store-key", [](Settings& s) { return &s.store_key; }},
};

template <class Value, std::size_t count>
Value* find(const Place<Value> (&places)[count], std::string_view name, Settings& settings) {
  const auto* const end = places + count;
  const auto* const found = std::find_if(places, end, [&](const auto& place) { return place.name == name; });
  return found == end ? nullptr : found->in(settings);
}

tl::unexpected<Error> unusable(std::string_view name, const char* values) {
  return fail(ErrorClass::usage, "The setting \"" + std::string(name) + "\" must be " + values + ".");
}

Result<void> set_flag(bool& flag, std::string_view name, std::string_view value) {
  if (value != "true" && value != "false") return unusable(name, "true or false");
  flag = value == "true";
  return {};
}

Result<void> set_time(seconds& time, std::string_view name, std::string_view value) {
  int count = 0;
  const auto [end, status] = std::from_chars(value.data(), value.data() + value.size(), count);
  if (status != std::errc() || end != value.data() + value.size() || count < 1 || count > 86'400)
    return unusable(name, "a whole number of seconds, 1 to 86400");
  time = seconds(count);
  return {};
}

/// Those of a kind that no other setting is of; nothing for another name.
std::optional<Result<void>> set_special(Settings& settings, std::string_view name, std::string_view value) {
  if (name == "proxy") {
    settings.client.proxy = value;
  } else if (name == "basic-encoding") {
    if (value != "form" && value != "raw") return unusable(name, "form or raw");
    settings.client.basic_encoding = value == "raw" ? BasicEncoding::raw : BasicEncoding::form;
  } else if (name == "dpop") {
    if (value != "required" && value != "optional") return unusable(name, "required or optional");
    settings.client.dpop.use = value == "required" ? DpopUse::required : DpopUse::optional;
  } else if (name == "client-secret-in-keyring") {
    bool in_keyring = false;
    if (auto done = set_flag(in_keyring, name, value); !done) return done;
    if (in_keyring)
      settings.client.client_secret.emplace<SecretInKeyring>();
    else
      settings.client.client_secret.emplace<std::monostate>();
  } else if (name == "header") {
    const std::size_t colon = value.find(':');
    if (colon == 0 || colon == std::string_view::npos) return unusable(name, "\"Name: value\"");
    const std::size_t text = std::min(value.find_first_not_of(' ', colon + 1), value.size());
    settings.client.headers.push_back(
        {.name = std::string(value.substr(0, colon)), .value = std::string(value.substr(text))});
  } else {
    return std::nullopt;
  }
  return Result<void>();
}

Result<void> set(Settings& settings, std::string_view name, std::string_view value) {
  if (std::string* const text = find(texts, name, settings)) {
    *text = value;
    return {};
  }
  if (bool* const flag = find(flags, name, settings)) return set_flag(*flag, name, value);
  if (seconds* const time = find(times, name, settings)) return set_time(*time, name, value);
  for (const auto& [source, in] : sources) {
    if (!name.starts_with(source)) continue;
    const std::string_view kind = name.substr(source.size());
    if (kind == "-file")
      *in(settings) = SecretFile{std::string(value)};
    else if (kind == "-command")
      *in(settings) = SecretCommand{std::string(value)};
    else
      continue;
    return {};
  }
  if (auto done = set_special(settings, name, value)) return std::move(*done);
  return fail(ErrorClass::usage, "There is no setting " + quote_for_terminal(name) + ".",
              "oauth_token.h names them all.");
}

PassphraseSource passphrase(const Secret& value) {
  if (value.empty()) return {};
  // A function must be copyable, and a secret is not.
  auto kept = std::make_shared<const Secret>(value.copy());
  return [kept](std::stop_token) -> Result<Secret> { return kept->copy(); };
}

}  // namespace

oauth_token_settings oauth_token_settings::copy() const {
  oauth_token_settings made;
  static_cast<oauth_token::c::PlainSettings&>(made) = *this;
  made.client_secret = client_secret.copy();
  made.signing_key_passphrase = signing_key_passphrase.copy();
  made.tls_key_passphrase = tls_key_passphrase.copy();
  made.store_key = store_key.copy();
  return made;
}

oauth_token::ClientRunOptions oauth_token_settings::run_options() const {
  // One by one: the analyzer loses sight of a function in a braced list that is returned.
  oauth_token::ClientRunOptions options;
  options.client_secret = client_secret.copy();
  options.signing_key_passphrase = passphrase(signing_key_passphrase);
  options.certificate_key_passphrase = passphrase(tls_key_passphrase);
  options.timeout = timeout;
  options.connect_timeout = connect_timeout;
  options.insecure_tls = insecure_tls;
  options.allow_http = allow_http;
  options.keyring = {.timeout = store_timeout, .may_prompt = keyring_prompt};
  return options;
}

oauth_token::SessionOptions oauth_token_settings::session_options() const {
  return {.state_folder = state_folder,
          .keyring = {.timeout = store_timeout, .may_prompt = keyring_prompt},
          .file = {.key = store_key.copy(), .key_file = session.store_key_file},
          .client = run_options(),
          .kernel_cache = kernel_cache,
          .refresh_timeout = refresh_timeout};
}

oauth_token_settings* oauth_token_settings_new(void) { return new_handle<oauth_token_settings>(); }

int oauth_token_settings_set(oauth_token_settings* settings, const char* name, const char* value,
                             oauth_token_error** error) {
  return status_from(error, [&]() -> Result<void> {
    if (settings == nullptr) return missing("settings");
    if (name == nullptr) return missing("name");
    if (value == nullptr) return missing("value");
    return set(*settings, name, value);
  });
}

int oauth_token_settings_set_secret(oauth_token_settings* settings, const char* name, const void* secret,
                                    size_t length, oauth_token_error** error) {
  return status_from(error, [&]() -> Result<void> {
    if (settings == nullptr) return missing("settings");
    if (name == nullptr) return missing("name");
    if (secret == nullptr) return missing("secret");
    Secret* const place = find(secrets, name, *settings);
    if (place == nullptr)
      return fail(ErrorClass::usage, "There is no secret setting " + quote_for_terminal(name) + ".",
                  "oauth_token.h names them all.");
    *place = Secret(std::string_view(static_cast<const char*>(secret), length));
    return {};
  });
}

void oauth_token_settings_free(oauth_token_settings* settings) { delete settings; }
