#include "session/access.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token_store.hpp>

#include <memory>
#include <string>

namespace oauth_token {

std::string file_store_folder(const SessionFolder& folder, const std::string& store) {
  return store == "file" ? folder.path() + "/tokens" : store.substr(5);
}

Result<std::shared_ptr<TokenStore>> open_store(const SessionRecord& record, const SessionFolder& folder,
                                               const SessionOptions& options) {
  const std::string& name = record.store;
  if (options.store) return options.store;
  if (name == "keyring") return open_keyring_store(options.keyring);
  if (name == "file" || name.starts_with("file:")) {
    const bool has_key = !options.file.key.empty() || !options.file.key_file.empty();
    return open_file_store({.folder = file_store_folder(folder, name),
                            .key = options.file.key.copy(),
                            .key_file = has_key ? options.file.key_file : record.store_key_file,
                            .allow_plaintext = options.file.allow_plaintext});
  }
  if (name == "own")
    return fail(ErrorClass::config,
                "Session \"" + record.name + "\" is kept in another application's own store.",
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
