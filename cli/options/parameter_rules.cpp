#include "parameter_rules.hpp"

#include "base/characters.hpp"

#include <string>

namespace oauth_token::cli {
namespace {

struct Reserved {
  std::string_view name;
  std::string_view instead;
};

constexpr Reserved reserved_parameters[] = {
    {"grant_type", "Use \"oauth-token request GRANT_TYPE\"."},
    {"username", "Use --username."},
    {"password", "Use the prompt, --password-file or another --password-... option."},
    {"refresh_token", "Use --refresh-token-file or another --refresh-token-... option."},
    {"client_id", "Use --client-id."},
    {"client_secret", "Use --client-secret-file or --client-secret-command."},
    {"client_assertion", "Use --client-assertion-file."},
    {"client_assertion_type", "Use --client-assertion-file."},
    {"scope", "Use --scope."},
};

constexpr std::string_view secret_parameters = "assertion code subject_token passcode otp totp new_password";

constexpr std::string_view reserved_headers[] = {"Authorization", "Host", "Content-Length",
                                                 "Transfer-Encoding", "DPoP"};

}  // namespace

Result<void> check_parameter_name(std::string_view name, bool value_is_hidden) {
  if (name.empty()) return fail(ErrorClass::usage, "A parameter needs a name.", "Write --param NAME=VALUE.");
  for (const Reserved& reserved : reserved_parameters) {
    if (name == reserved.name)
      return fail(ErrorClass::usage,
                  "The parameter \"" + std::string(name) + "\" is set by the program itself.",
                  std::string(reserved.instead));
  }
  if (has_word(secret_parameters, name) && !value_is_hidden) {
    return fail(
        ErrorClass::usage,
        "The value of the parameter \"" + std::string(name) +
            "\" is a secret, which belongs neither on the command line nor into a profile.",
        "Use --param-file " + std::string(name) + "=FILE or --prompt-param " + std::string(name) + ".");
  }
  return {};
}

Result<void> check_header_name(std::string_view name) {
  for (const std::string_view reserved : reserved_headers) {
    if (!equal_ignoring_case(name, reserved)) continue;
    return fail(
        ErrorClass::usage, "The header " + std::string(reserved) + " is set by the program itself.",
        reserved == "Authorization" ? "Use --client-auth and --client-secret-file." : "Leave it out.");
  }
  if (!is_token(name))
    return fail(ErrorClass::usage, "--header needs the form 'NAME: VALUE'.",
                "Write --header 'X-Name: value'.");
  return {};
}

}  // namespace oauth_token::cli
