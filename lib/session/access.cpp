#include "session/access.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token_store.hpp>

#include <memory>
#include <string>

namespace oauth_token {

Result<std::shared_ptr<TokenStore>> open_store(const std::string& name, const SessionOptions& options) {
  if (options.store) return options.store;
  if (name == "keyring") return open_keyring_store(options.keyring);
  if (name == "own")
    return fail(ErrorClass::config, "This session is kept in the own store of another application.",
                "Use that application, or sign in again under another session name.");
  return fail(ErrorClass::config, "There is no store \"" + name + "\".", "Use keyring, file or none.");
}

ClientRunOptions copy(const ClientRunOptions& options) {
  return {.client_secret = options.client_secret.copy(),
          .timeout = options.timeout,
          .connect_timeout = options.connect_timeout,
          .insecure_tls = options.insecure_tls,
          .allow_http = options.allow_http,
          .lenient = options.lenient,
          .all_endpoints = options.all_endpoints,
          .keyring = options.keyring,
          .decorate = options.decorate};
}

StoreItem store_item(const SessionRecord& record, std::uint64_t generation) {
  return {.id = record.id,
          .generation = generation,
          .name = record.name,
          .issuer = record.client.issuer.empty() ? record.client.token_endpoint : record.client.issuer,
          .client_id = record.client.client_id,
          .username = record.username};
}

}  // namespace oauth_token
