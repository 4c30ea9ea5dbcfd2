#include "session/open_session.hpp"

#include "session/own_store.hpp"
#include "session/record.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token_store.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace oauth_token {

Result<std::string> file_store_folder(std::string_view store, const std::string& state_folder) {
  if (store != "file") return std::string(store.substr(std::string_view("file:").size()));
  auto state = state_folder.empty() ? SessionFolder::default_path() : Result<std::string>(state_folder);
  if (state) *state += "/tokens";
  return state;
}

Result<std::shared_ptr<TokenStore>> open_store(const SessionRecord& record, const SessionFolder& folder,
                                               const SessionOptions& options, const FileStoreOptions& file) {
  const std::string& name = record.store;
  if (options.store) return guarded_store(options.store);
  if (name == "keyring") return open_keyring_store(options.keyring);
  if (is_file_store(name)) {
    const bool has_key = !file.key.empty() || !file.key_file.empty();
    auto place = file_store_folder(name, folder.path());
    if (!place) return fail(std::move(place.error()));
    return open_file_store({.folder = std::move(*place),
                            .key = file.key.copy(),
                            .key_file = has_key ? file.key_file : record.store_key_file,
                            .allow_plaintext = file.allow_plaintext});
  }
  if (name == "own")
    return fail(ErrorClass::config,
                "Session \"" + record.name + "\" is kept in another application's own store.",
                "Use that application, or sign in again under another session name.");
  return fail(ErrorClass::config, "There is no store \"" + name + "\".", "Use keyring, file or none.");
}

ClientRunOptions copy(const ClientRunOptions& options) {
  // All members: one more does not compile until it is copied.
  const auto& [client_secret, signing_key_passphrase, certificate_key_passphrase, dpop_key, dpop_nonce,
               ask_passphrase, warn, timeout, connect_timeout, insecure_tls, allow_http, lenient,
               all_endpoints, keyring, decorate, executor] = options;
  return {.client_secret = client_secret.copy(),
          .signing_key_passphrase = signing_key_passphrase,
          .certificate_key_passphrase = certificate_key_passphrase,
          .dpop_key = dpop_key,
          .dpop_nonce = dpop_nonce,
          .ask_passphrase = ask_passphrase,
          .warn = warn,
          .timeout = timeout,
          .connect_timeout = connect_timeout,
          .insecure_tls = insecure_tls,
          .allow_http = allow_http,
          .lenient = lenient,
          .all_endpoints = all_endpoints,
          .keyring = keyring,
          .decorate = decorate,
          .executor = executor};
}

SessionOptions copy(const SessionOptions& options) {
  const auto& [state_folder, store, keyring, file, client, kernel_cache, refresh_timeout, critical_part] =
      options;
  return {.state_folder = state_folder,
          .store = store,
          .keyring = keyring,
          .file = {.folder = file.folder,
                   .key = file.key.copy(),
                   .key_file = file.key_file,
                   .allow_plaintext = file.allow_plaintext},
          .client = copy(client),
          .kernel_cache = kernel_cache,
          .refresh_timeout = refresh_timeout,
          .critical_part = critical_part};
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
