#pragma once

#include "prompt.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/secret_source.hpp>

#include <functional>
#include <initializer_list>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

namespace oauth_token::cli {

/// What one place (command line, environment or profile) says of where a secret comes from.
struct SecretPlaces {
  bool standard_input = false;
  std::optional<int> descriptor = {};
  std::optional<std::string> file = {};
  std::optional<std::string> command = {};
  std::optional<std::string> askpass = {};
  Secret value = {};  ///< of the variable, e.g. OAUTH_TOKEN_PASSWORD; taken out of the environment by main
  bool value_given = false;
};

/// A sort of secret: how it is called in messages, and what its options are called.
struct SecretKind {
  std::string what = {};          ///< "password"
  std::string option = {};        ///< "password": --password-file, OAUTH_TOKEN_PASSWORD_FILE, ...
  std::string alternatives = {};  ///< how to give it without a prompt; ends a hint
  /// What to do instead of typing it where it would show; empty: the prompt asks for it.
  std::string instead_of_typing = {};
};

SecretKind password_kind();
SecretKind client_secret_kind();
SecretKind refresh_token_kind();
/// `option`: "signing-key-passphrase" or "tls-key-passphrase".
SecretKind passphrase_kind(const std::string& option);
/// --prompt-param NAME: always asked for.
SecretKind prompt_param_kind(const std::string& name);

/// All that was said about one secret.
struct SecretInput {
  SecretKind kind = {};
  SecretPlaces flags = {};
  SecretPlaces variables = {};
  SecretPlaces profile = {};
};

struct FromStandardInput {};
struct FromDescriptor {
  int descriptor = -1;
};
struct FromVariable {};
struct FromAskpass {
  std::string program = {};
};
/// `monostate`: nobody said anything; a prompt is what remains.
using SecretPlace = std::variant<std::monostate, FromStandardInput, FromDescriptor, SecretFile, SecretCommand,
                                 FromVariable, FromAskpass>;

/// The place that counts: a flag beats a variable beats the profile. Two places on one level are an error
/// (`usage` for flags, `config` else) that names both; askpass is one of them as a flag only, else it stands
/// behind the others. Reads nothing.
Result<SecretPlace> choose_place(const SecretInput& input);

/// For a client secret, which is read by make_client: file and command as a source; nothing for the variable.
SecretSource as_source(const SecretPlace& place);

/// `usage` when more than one of these secrets would be read from standard input (or descriptor 0).
Result<void> check_standard_input(std::initializer_list<const SecretInput*> inputs);

/// Whether a person is to type it: nobody said where it is, or it would be read from a terminal, which would
/// show it; the prompt does not. `standard_input`: as in SecretReading.
Result<bool> is_asked_for(const SecretInput& input, int standard_input);

/// What reading needs from outside.
struct SecretReading {
  Asker ask = {};                                     ///< empty: --no-input
  std::function<void(const std::string&)> warn = {};  ///< may be empty
  int standard_input = 0;
  std::stop_token stop = {};
};

/// Reads the secret from the place that counts, else asks `question`. Moves the variable's value out of
/// `input`. Blocks. One trailing newline is removed, nothing else; bytes that are no UTF-8 pass with a
/// warning. Errors: as choose_place and read_secret_*; `usage` for an empty secret, for one that is missing
/// while nobody may be asked; as `ask`.
Result<Secret> read_secret(SecretInput& input, const Question& question, const SecretReading& reading);

}  // namespace oauth_token::cli
