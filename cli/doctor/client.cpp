#include "doctor/checks.hpp"
#include "output/record_output.hpp"
#include "request/client_options.hpp"

#include <oauth_token/token_store.hpp>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include <sys/stat.h>
#include <unistd.h>

namespace oauth_token::cli {
namespace {

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void check_secret_file(Examination& run, const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || ::eaccess(path.c_str(), R_OK) != 0)
    return run.failed("client-secret", {.error_class = ErrorClass::config,
                                        .message = "The client secret cannot be read from " + path + ": " +
                                                   std::generic_category().message(errno) + ".",
                                        .hint = "Check client-secret-file, and who may read it."});
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return run.list.warning("client-secret",
                            "Other users can use " + path + ", which holds the client secret.",
                            "chmod 600 " + path);
  run.list.ok("client-secret", path + " can be read, by you alone.");
}

void check_secret_in_keyring(Examination& run, const std::string& token_endpoint,
                             const std::string& client_id) {
  const auto id = client_secret_item_id(token_endpoint, client_id);
  if (!id) return run.failed("client-secret", id.error());
  KeyringOptions options = keyring_options(run.context, run.settings);
  options.may_prompt = false;
  options.instead = client_secret_elsewhere;
  options.timeout = std::min(options.timeout, run.time_left());
  const auto store = open_keyring_store(options);
  const auto secret = store ? (*store)->load(*id, run.stop) : fail(store.error());
  if (!secret) return run.failed("client-secret", secret.error());
  if (!*secret)
    return run.failed(
        "client-secret",
        {.error_class = ErrorClass::config,
         .message = "The keyring holds no secret of client \"" + client_id + "\" for " + token_endpoint + ".",
         .hint = "Put it there: oauth-token profile set NAME --client-secret-prompt."});
  run.list.ok("client-secret", "The keyring holds it.");
}

void check_secret(Examination& run, const ClientSettings& client,
                  const std::optional<ServerMetadata>& metadata) {
  if (const auto* const file = std::get_if<SecretFile>(&client.client_secret))
    return check_secret_file(run, file->path);
  const std::string& endpoint =
      client.token_endpoint.empty() && metadata ? metadata->token_endpoint : client.token_endpoint;
  if (std::holds_alternative<SecretInKeyring>(client.client_secret) && !endpoint.empty())
    check_secret_in_keyring(run, endpoint, client.client_id);
}

void check_method(Examination& run, const std::string& method,
                  const std::optional<ServerMetadata>& metadata) {
  if (!metadata)
    return run.list.ok("client-auth", "It is " + method + "; whether the server takes it is not known.");
  const auto& accepted = metadata->token_endpoint_auth_methods;
  if (accepted ? contains(*accepted, method) : method == "client_secret_basic")
    return run.list.ok("client-auth",
                       "The server accepts " + method + (method == "none" ? ": no secret is sent." : "."));
  if (!accepted)
    return run.list.warning(
        "client-auth",
        "The metadata name no client authentication, which means client_secret_basic; it is " + method + ".",
        "If the server refuses the client, set client-auth.");
  run.list.warning(
      "client-auth",
      "The client authentication is " + method + ", but the server names: " + joined(*accepted) + ".",
      "Set client-auth to one of them, as the client is registered there.");
}

}  // namespace

void check_grants(Examination& run, const ServerMetadata& metadata) {
  if (!metadata.grant_types)
    run.list.ok("grants", "The metadata do not say which grants are supported.");
  else if (contains(*metadata.grant_types, "password"))
    run.list.ok("grants", "The server lists the password grant.");
  else
    run.list.warning("grants", "The server does not list the password grant among those it supports.",
                     "It may refuse it (unsupported_grant_type); ask its operator.");
}

void check_client(Examination& run, const ClientSettings& client, bool secret_at_hand,
                  const std::optional<ServerMetadata>& metadata) {
  const auto method = effective_client_auth(client, secret_at_hand);
  if (!method) return run.failed("client-auth", method.error());
  if (client.client_id.empty())
    run.list.warning("client-auth", "No client is named.", "Most servers want --client-id ID.");
  else
    check_method(run, *method, metadata);
  check_secret(run, client, metadata);
}

}  // namespace oauth_token::cli
