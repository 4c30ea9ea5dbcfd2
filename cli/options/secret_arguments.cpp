#include "arguments.hpp"
#include "base/characters.hpp"
#include "parameter_rules.hpp"

#include <algorithm>
#include <cstring>

namespace oauth_token::cli {
namespace {

/// A secret that people look for on the command line, and what there is in its place.
struct SecretFlag {
  std::string_view name;
  std::string_view instead;
};
constexpr std::string_view instead_of_password =
    "Use the prompt, --password-stdin, --password-file, --password-command or OAUTH_TOKEN_PASSWORD.";
constexpr std::string_view instead_of_client_secret =
    "Use --client-secret-file, --client-secret-command or OAUTH_TOKEN_CLIENT_SECRET.";
constexpr std::string_view instead_of_refresh_token =
    "Use --refresh-token-file, --refresh-token-stdin, --refresh-token-command or OAUTH_TOKEN_REFRESH_TOKEN.";
constexpr std::string_view instead_of_assertion =
    "Use --client-assertion-file or --client-assertion-command.";
constexpr std::string_view instead_of_code = "Use --prompt-param NAME or --param-file NAME=FILE.";
constexpr SecretFlag secret_flags[] = {
    {"password", instead_of_password},
    {"passwd", instead_of_password},
    {"pass", instead_of_password},
    {"client-secret", instead_of_client_secret},
    {"secret", instead_of_client_secret},
    {"refresh-token", instead_of_refresh_token},
    {"client-assertion", instead_of_assertion},
    {"assertion", instead_of_code},
    {"signing-key-passphrase",
     "Use --signing-key-passphrase-file, --signing-key-passphrase-command or "
     "OAUTH_TOKEN_SIGNING_KEY_PASSPHRASE."},
    {"tls-key-passphrase",
     "Use --tls-key-passphrase-file, --tls-key-passphrase-command or OAUTH_TOKEN_TLS_KEY_PASSPHRASE."},
    {"otp", instead_of_code},
    {"totp", instead_of_code},
    {"passcode", instead_of_code},
    {"store-key", "Use --store-key-file or OAUTH_TOKEN_STORE_KEY."},
    {"access-token", "No command takes an access token."},
};

/// "Client_Secret" is "client-secret" mistyped, and its value as secret.
std::string as_option_name(std::string_view name) {
  std::string plain(name);
  for (char& c : plain) c = c == '_' ? '-' : lower(c);
  return plain;
}

/// The name part of "NAME=VALUE" or "NAME: VALUE".
std::string_view name_part(std::string_view text, char separator) {
  return text.substr(0, std::min(text.find(separator), text.size()));
}

bool is_key_option(std::string_view name) {
  const auto option = find_option(name);
  return option && option->option().check == Check::key;
}

}  // namespace

Result<void> refuse_secret_arguments(std::span<char*> words) {
  Result<void> verdict;
  const auto refuse = [&](char* value, std::string message, std::string_view hint) {
    if (value != nullptr) explicit_bzero(value, std::strlen(value));
    if (verdict) verdict = fail(ErrorClass::usage, std::move(message), std::string(hint));
  };
  for (std::size_t i = 0; i < words.size() && std::string_view(words[i]) != "--"; ++i) {
    std::string_view word = words[i];
    if (!word.starts_with("--")) continue;
    const std::string name = as_option_name(name_part(word.substr(2), '='));
    const bool joined = word.size() > name.size() + 2;
    char* value = joined ? words[i] + name.size() + 3 : i + 1 < words.size() ? words[i + 1] : nullptr;
    const auto* const flag = std::find_if(std::begin(secret_flags), std::end(secret_flags),
                                          [&](const SecretFlag& secret) { return secret.name == name; });
    if (flag != std::end(secret_flags)) {
      // The next word may be another option: then the value was forgotten.
      if (!joined && value != nullptr && std::string_view(value).starts_with("--") &&
          find_option(name_part(std::string_view(value).substr(2), '=')))
        value = nullptr;
      refuse(value,
             "A secret does not belong on the command line, where other users can read it: --" + name +
                 " is refused.",
             flag->instead);
    } else if (value != nullptr && is_key_option(name)) {
      if (contains_ignoring_case(value, "pin-value"))
        refuse(value,
               "A PIN does not belong on the command line, where other users can read it: the attribute "
               "\"pin-value\" of --" +
                   name + " is refused.",
               name == "dpop-key"
                   ? "Leave it out: the PIN is asked for."
                   : "Give the PIN as the key's passphrase: --" + name + "-passphrase-file FILE.");
    } else if (value != nullptr && (name == "param" || name == "header")) {
      const bool is_header = name == "header";
      const std::string_view given = name_part(value, is_header ? ':' : '=');
      const auto rule = is_header ? check_header_name(given) : check_parameter_name(given, false);
      if (!rule && given.size() < std::strlen(value))
        refuse(value + given.size() + 1, rule.error().message, rule.error().hint);
    }
  }
  return verdict;
}

}  // namespace oauth_token::cli
