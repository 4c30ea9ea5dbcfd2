#pragma once

#include "option.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token::cli {

/// Each option of the program, once: parsing, variables, profiles, help and completions come from here.
inline constexpr OptionOf<std::string_view> written_options[] = {
    {"issuer", 0, Kind::value, Check::text, "URL", "", Group::server, variable | profile | primary,
     Alternative::server, "authorization server, whose metadata name the rest"},
    {"token-endpoint", 0, Kind::value, Check::text, "URL", "", Group::server, variable | profile | primary,
     Alternative::server, "where to request tokens; asks for no metadata"},
    {"introspection-endpoint", 0, Kind::value, Check::text, "URL", "", Group::server, variable | profile,
     Alternative::endpoints, "where tokens are introspected (RFC 7662)"},
    {"revocation-endpoint", 0, Kind::value, Check::text, "URL", "", Group::server, variable | profile,
     Alternative::endpoints, "where tokens are revoked (RFC 7009)"},

    {"client-id", 0, Kind::value, Check::text, "ID", "", Group::client, variable | profile | primary,
     Alternative::none, "client identifier"},
    {"client-auth", 0, Kind::value, Check::choice, "METHOD",
     "none|client_secret_basic|client_secret_post|client_secret_jwt|private_key_jwt|tls_client_auth|self_"
     "signed_tls_client_auth",
     Group::client, variable | profile | primary, Alternative::none,
     "how the client proves itself, by IANA's name"},
    {"basic-encoding", 0, Kind::value, Check::choice, "form|raw", "form|raw", Group::client,
     variable | profile, Alternative::none, "how id and secret go into Basic; form is RFC 6749's"},
    {"client-secret-file", 0, Kind::value, Check::path, "FILE", "", Group::client,
     variable | profile | primary, Alternative::client_secret, "file with the client secret"},
    {"client-secret-command", 0, Kind::value, Check::text, "CMD", "", Group::client, profile | runs_code,
     Alternative::client_secret, "command that prints the client secret"},
    {"client-secret-in-keyring", 0, Kind::flag, Check::any, "", "", Group::client, profile | hidden,
     Alternative::client_secret, "\"profile set\" put the client secret into the keyring"},
    {"client-assertion-file", 0, Kind::value, Check::path, "FILE", "", Group::client, variable | profile,
     Alternative::client_assertion, "file with a ready-made client assertion (RFC 7523)"},
    {"client-assertion-command", 0, Kind::value, Check::text, "CMD", "", Group::client, profile | runs_code,
     Alternative::client_assertion, "command that prints a client assertion"},
    {"signing-key", 0, Kind::value, Check::key, "KEY", "", Group::client, variable | profile | proof,
     Alternative::client_assertion, "key that signs client assertions: PEM, PKCS#12, JWK, or a pkcs11: URI"},
    {"signing-key-id", 0, Kind::value, Check::text, "KID", "", Group::client, variable | profile,
     Alternative::none, "name of the key at the server (kid)"},
    {"signing-alg", 0, Kind::value, Check::text, "ALG",
     "RS256|RS384|RS512|PS256|PS384|PS512|ES256|ES384|ES512|EdDSA|Ed25519|HS256|HS384|HS512", Group::client,
     variable | profile, Alternative::none,
     "signature algorithm, e.g. PS256; else the key's usual one, or HS256"},
    {"signing-key-passphrase-file", 0, Kind::value, Check::path, "FILE", "", Group::client,
     variable | profile, Alternative::signing_key_passphrase,
     "file with the signing key's passphrase or PIN"},
    {"signing-key-passphrase-command", 0, Kind::value, Check::text, "CMD", "", Group::client,
     profile | runs_code, Alternative::signing_key_passphrase, "command that prints it"},
    {"assertion-audience", 0, Kind::value, Check::text, "AUDIENCE", "issuer|endpoint", Group::client,
     variable | profile, Alternative::none,
     "whom client assertions are made for: issuer, endpoint, or a value"},
    {"assertion-lifetime", 0, Kind::value, Check::lifetime, "SECONDS", "", Group::client, variable | profile,
     Alternative::none, "how long client assertions live, 1 to 300 (60)"},
    {"assertion-type", 0, Kind::value, Check::text, "TYP", "", Group::client, variable | profile,
     Alternative::none, "type of client assertions (typ)"},
    {"assertion-nbf", 0, Kind::flag, Check::any, "", "", Group::client, variable | profile, Alternative::none,
     "say from when client assertions hold, too (nbf)"},
    {"tls-cert", 0, Kind::value, Check::path, "FILE", "", Group::client, variable | profile | proof,
     Alternative::none, "certificate of the client for mutual TLS: PEM or PKCS#12"},
    {"tls-key", 0, Kind::value, Check::key, "KEY", "", Group::client, variable | profile | proof,
     Alternative::none, "its key, where it is not in the same file"},
    {"tls-key-passphrase-file", 0, Kind::value, Check::path, "FILE", "", Group::client, variable | profile,
     Alternative::tls_key_passphrase, "file with that key's passphrase or PIN"},
    {"tls-key-passphrase-command", 0, Kind::value, Check::text, "CMD", "", Group::client, profile | runs_code,
     Alternative::tls_key_passphrase, "command that prints it"},
    {"dpop", 0, Kind::choice_flag, Check::choice, "USE", "required|optional", Group::client,
     variable | profile, Alternative::none,
     "bind the tokens to a key (RFC 9449); optional: take a Bearer token, too"},
    {"dpop-key", 0, Kind::value, Check::key, "KEY", "", Group::client, variable | profile | proof,
     Alternative::none, "that key; else one is made, and kept with the tokens"},
    {"client-secret-stdin", 0, Kind::flag, Check::any, "", "", Group::profile_edit, primary,
     Alternative::client_secret, "read it from standard input, for the keyring"},
    {"client-secret-prompt", 0, Kind::flag, Check::any, "", "", Group::profile_edit, primary,
     Alternative::client_secret, "ask for it, for the keyring"},
    {"unset", 0, Kind::list, Check::text, "KEY", "", Group::profile_edit, primary, Alternative::none,
     "remove a key from the profile; may be repeated"},
    {"header", 0, Kind::list, Check::text, "'NAME: VALUE'", "", Group::client, variable | profile,
     Alternative::none, "an additional header of each request"},

    {"cacert", 0, Kind::value, Check::path, "FILE", "", Group::transport, variable | profile,
     Alternative::none, "PEM file with the authorities to trust"},
    {"proxy", 0, Kind::value, Check::any, "URL", "", Group::transport, variable | profile, Alternative::none,
     "proxy in place of https_proxy and the like; '' for none"},
    {"timeout", 0, Kind::value, Check::seconds, "SECONDS", "", Group::transport, variable | profile,
     Alternative::none,
     "for all requests together (30; 60 to refresh); waiting for another process comes on top"},
    {"connect-timeout", 0, Kind::value, Check::seconds, "SECONDS", "", Group::transport, variable | profile,
     Alternative::none, "to reach the server (10)"},
    {"lenient", 0, Kind::flag, Check::any, "", "", Group::transport, variable | profile, Alternative::none,
     "accept a token from an answer that breaks RFC 6749 in known ways"},
    {"insecure-tls", 0, Kind::flag, Check::any, "", "", Group::transport, profile | loopback_only,
     Alternative::none, "do not check the server's certificate"},
    {"allow-http", 0, Kind::flag, Check::any, "", "", Group::transport, profile | loopback_only,
     Alternative::none, "plain http to other machines"},

    {"scope", 0, Kind::list, Check::words, "S", "", Group::grant, variable | profile | primary,
     Alternative::none, "scope to ask for; may be repeated"},
    {"resource", 0, Kind::list, Check::words, "URI", "", Group::grant, variable | profile, Alternative::none,
     "resource indicator (RFC 8707); may be repeated"},
    {"param", 0, Kind::list, Check::any, "NAME=VALUE", "", Group::grant, variable | profile | primary,
     Alternative::none, "an additional parameter of the token request"},
    {"param-file", 0, Kind::list, Check::any, "NAME=FILE", "", Group::grant, variable | profile,
     Alternative::none, "the same, its value read from FILE"},
    {"prompt-param", 0, Kind::list, Check::text, "NAME", "", Group::grant, variable | profile,
     Alternative::none, "the same, asked for without echo, e.g. totp"},

    {"username", 0, Kind::value, Check::filled, "NAME", "", Group::identity, variable | profile | primary,
     Alternative::none, "the user; asked for when missing"},
    {"password-stdin", 0, Kind::flag, Check::any, "", "", Group::user, primary, Alternative::password,
     "read the password from standard input"},
    {"password-fd", 0, Kind::value, Check::number, "N", "", Group::user, 0, Alternative::password,
     "read the password from an open descriptor"},
    {"password-file", 0, Kind::value, Check::path, "FILE", "", Group::user, variable | profile | primary,
     Alternative::password, "read the password from a file or FIFO"},
    {"password-command", 0, Kind::value, Check::text, "CMD", "", Group::user, profile | runs_code,
     Alternative::password, "read the password from a command's standard output"},
    {"askpass", 0, Kind::value, Check::text, "PROGRAM", "", Group::user, variable | profile | runs_code,
     Alternative::password, "let PROGRAM ask for the password"},

    {"refresh-token-file", 0, Kind::value, Check::path, "FILE", "", Group::kept, variable | primary,
     Alternative::refresh_token, "renew the refresh token in a file; store nothing"},
    {"refresh-token-stdin", 0, Kind::flag, Check::any, "", "", Group::kept, 0, Alternative::refresh_token,
     "the same, from standard input"},
    {"refresh-token-fd", 0, Kind::value, Check::number, "N", "", Group::kept, 0, Alternative::refresh_token,
     "the same, from an open descriptor"},
    {"refresh-token-command", 0, Kind::value, Check::text, "CMD", "", Group::kept, runs_code,
     Alternative::refresh_token, "renew the refresh token that a command prints"},
    {"write-refresh-token", 0, Kind::value, Check::path, "FILE", "", Group::kept, primary, Alternative::none,
     "where a new refresh token goes, mode 0600"},
    {"on-rotation", 0, Kind::value, Check::text, "CMD", "", Group::kept, profile | runs_code | primary,
     Alternative::none, "command that gets a new refresh token as input"},

    {"store", 0, Kind::value, Check::store, "STORE", "keyring|file|none", Group::store,
     variable | profile | primary, Alternative::none, "keyring (default), file, file:FOLDER (sealed), none"},
    {"store-key-file", 0, Kind::value, Check::path, "FILE", "", Group::session, variable | profile,
     Alternative::none, "key of sealed files: base64:... of 32 bytes, or passphrase:..."},
    {"allow-plaintext-store", 0, Kind::flag, Check::any, "", "", Group::session, profile | loopback_only,
     Alternative::none, "keep the tokens in files without a key, readable to whoever reads your files"},
    {"store-timeout", 0, Kind::value, Check::seconds, "SECONDS", "", Group::session, variable | profile,
     Alternative::none, "for each call of the store (5)"},
    {"session", 0, Kind::value, Check::session, "NAME", "", Group::session, variable | profile | primary,
     Alternative::none, "name of the session (the profile's, or \"default\")"},
    {"replace", 0, Kind::flag, Check::any, "", "", Group::replace, 0, Alternative::none,
     "sign in over a session of another server, client, user or scope"},
    {"min-valid", 0, Kind::value, Check::seconds, "SECONDS", "", Group::age, variable | profile | primary,
     Alternative::none, "renew a token that lives for less than this"},
    {"no-cache", 0, Kind::flag, Check::any, "", "", Group::cache, variable | profile, Alternative::none,
     "do not keep the access token in the kernel's keyring, nor take it from there"},
    {"force", 0, Kind::flag, Check::any, "", "", Group::force, primary, Alternative::none,
     "send a refresh token even if it is marked dead"},
    {"wait", 0, Kind::value, Check::seconds, "SECONDS", "", Group::wait, variable | primary,
     Alternative::none, "keep trying for this long what may be tried again"},

    {"users-fd", 0, Kind::value, Check::number, "N", "", Group::batch, primary, Alternative::none,
     "read the list of users from descriptor N, not from standard input"},
    {"jobs", 0, Kind::value, Check::jobs, "N", "", Group::batch, primary, Alternative::none,
     "requests under way at the same time, 1 to 128 (16)"},
    {"rate", 0, Kind::value, Check::rate, "N", "", Group::batch, primary, Alternative::none,
     "begin no more than N requests in a second"},

    {"nonce", 0, Kind::value, Check::text, "NONCE", "", Group::dpop_proof, primary, Alternative::none,
     "value of the server's last DPoP-Nonce header"},

    {"env", 0, Kind::value, Check::text, "NAME", "", Group::exec, primary, Alternative::none,
     "variable for the token in COMMAND (ACCESS_TOKEN)"},
    {"token-fd", 0, Kind::value, Check::number, "N", "", Group::exec, primary, Alternative::none,
     "descriptor N for the token, in place of a variable"},
    {"header-fd", 0, Kind::value, Check::number, "N", "", Group::exec, primary, Alternative::none,
     "the same as an Authorization header, for curl -H"},
    {"refresh-file", 0, Kind::value, Check::path, "FILE", "", Group::exec, primary, Alternative::none,
     "keep a valid token in FILE as long as COMMAND runs"},

    {"output", 'o', Kind::value, Check::any, "FORM", "", Group::output, variable | primary, Alternative::none,
     "answer as"},
    {"field", 0, Kind::value, Check::text, "NAME", "", Group::output, 0, Alternative::none,
     "print one member of the JSON answer"},
    {"show-refresh-token", 0, Kind::flag, Check::any, "", "", Group::token_output, 0, Alternative::none,
     "let JSON hold the refresh token"},
    {"dry-run", 0, Kind::flag, Check::any, "", "", Group::trace, primary, Alternative::none,
     "show the requests, and send nothing"},
    {"verbose", 'v', Kind::flag, Check::any, "", "", Group::trace, 0, Alternative::none,
     "show requests and answers, without secrets"},

    {"config", 0, Kind::value, Check::path, "FILE", "", Group::common, 0, Alternative::none,
     "configuration file in place of the user's own"},
    {"no-input", 0, Kind::flag, Check::any, "", "", Group::common, variable, Alternative::none,
     "never ask; what is missing is an error"},
    {"quiet", 'q', Kind::flag, Check::any, "", "", Group::common, variable, Alternative::none,
     "no warnings, notes or progress on standard error"},
    {"help", 'h', Kind::flag, Check::any, "", "", Group::common, 0, Alternative::none,
     "show help; with -v, all options"},
    {"version", 0, Kind::flag, Check::any, "", "", Group::common, 0, Alternative::none, "show the version"},
};
/// The stores that tokens can be moved to.
inline constexpr std::string_view keeping_stores = "keyring|file";
inline constexpr std::size_t option_count = std::size(written_options);

namespace packed {

consteval std::size_t size_of_texts() {
  std::size_t size = 0;
  for (const auto& option : written_options)
    size += option.name.size() + option.value_name.size() + option.choices.size() + option.help.size();
  return size;
}

struct Options {
  std::array<char, size_of_texts()> texts = {};
  std::array<Option, option_count> table = {};
};

consteval Options pack() {
  Options result;
  std::size_t end = 0;
  const auto put = [&](std::string_view text) {
    const OptionText put_there(static_cast<std::uint16_t>(end), static_cast<std::uint8_t>(text.size()));
    for (const char c : text) result.texts[end++] = c;
    return put_there;
  };
  // The names first, which every run reads.
  for (std::size_t i = 0; i < option_count; ++i) result.table[i].name = put(written_options[i].name);
  for (std::size_t i = 0; i < option_count; ++i) {
    const auto& from = written_options[i];
    result.table[i] = {result.table[i].name, from.letter, from.kind,   from.check,       put(from.value_name),
                       put(from.choices),    from.group,  from.traits, from.alternative, put(from.help)};
  }
  return result;
}

inline constexpr Options options = pack();

}  // namespace packed

inline constexpr const auto& option_table = packed::options.table;

constexpr std::string_view OptionText::view() const noexcept {
  return {packed::options.texts.data() + begin_, size_};
}

/// Names an option at compile time: a name that is not in the table does not compile.
class OptionName {
 public:
  consteval OptionName(const char* name) : index_(find(name)) {}
  constexpr explicit OptionName(std::size_t index) noexcept : index_(index) {}
  [[nodiscard]] constexpr std::size_t index() const noexcept { return index_; }
  [[nodiscard]] constexpr const Option& option() const noexcept { return option_table[index_]; }

 private:
  static consteval std::size_t find(std::string_view name) {
    std::size_t index = 0;
    while (option_table[index].name != name) ++index;  // past the end: no constant expression
    return index;
  }
  std::size_t index_;
};

/// The option of that name (without dashes), if there is one.
std::optional<OptionName> find_option(std::string_view name) noexcept;
std::optional<OptionName> find_option(char letter) noexcept;

/// "OAUTH_TOKEN_CLIENT_ID" for "client-id".
std::string variable_name(const Option& option);
std::string variable_name(std::string_view option);
/// Whether `name` is that, without making it: asked of each option for each variable of ours.
bool is_variable(std::string_view name, const Option& option) noexcept;

/// The words of "a|b|c"; none of an empty text.
std::vector<std::string_view> split_choices(std::string_view choices);

/// `separator` between the words of "a|b|c".
std::string with_separator(std::string_view choices, std::string_view separator);

/// The keys that a profile may hold.
std::vector<std::string> profile_key_names();

}  // namespace oauth_token::cli
