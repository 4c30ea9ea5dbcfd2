#include "profile_secret.hpp"

#include "options/nearest.hpp"
#include "output/report.hpp"
#include "request/client_options.hpp"

#include <oauth_token/client_settings.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token_store.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace oauth_token::cli {
namespace {

std::string_view first_value(const Profile& profile, std::string_view key) {
  const auto found = profile.values.find(key);
  return found == profile.values.end() || found->second.empty() ? ""
                                                                : std::string_view(found->second.front());
}

// The id of the item. An issuer's token endpoint is taken to be at its own origin.
std::string known_item(const Profile& profile) {
  const std::string_view endpoint = first_value(profile, "token-endpoint");
  const std::string_view server = endpoint.empty() ? first_value(profile, "issuer") : endpoint;
  auto id = client_secret_item_id(std::string(server), std::string(first_value(profile, "client-id")));
  return id ? std::move(*id) : std::string();
}

// The sessions that are renewed with this item.
std::vector<std::string> sessions_with(const std::string& item) {
  std::vector<std::string> names;
  const auto records = stored_sessions();
  if (!records) return names;
  for (const SessionRecord& record : *records)
    if (std::holds_alternative<SecretInKeyring>(record.client.client_secret) &&
        client_secret_item_id(record.client.token_endpoint, record.client.client_id) == item)
      names.push_back(record.name);
  return names;
}

// The token endpoint, asked for where the profile leaves it to the issuer.
Result<std::string> token_endpoint(Context& context, const Settings& profile) {
  if (profile.given("token-endpoint")) return profile.value("token-endpoint");
  auto run = run_options(context, profile);
  if (!run) return fail(std::move(run.error()));
  run->client_secret.wipe();  // asking for metadata needs none
  ClientSettings server{.issuer = profile.value("issuer"), .ca_file = profile.value("cacert")};
  if (profile.given("proxy")) server.proxy = profile.value("proxy");
  if (auto client = make_client(server, std::move(*run), context.stop()); !client)
    return fail(std::move(client.error()));
  return server.token_endpoint;
}

}  // namespace

Result<ProfileSecret> ProfileSecret::open(Context& context, const Settings& profile) {
  const bool has_server = profile.given("issuer") || profile.given("token-endpoint");
  if (!has_server || profile.value("client-id").empty())
    return fail(ErrorClass::usage,
                "The profile \"" + profile.profile +
                    "\" has no server or no client id, to which a client secret in "
                    "the keyring would be bound.",
                "Add --issuer URL or --token-endpoint URL, and --client-id ID.");
  auto endpoint = token_endpoint(context, profile);
  if (!endpoint) return fail(std::move(endpoint.error()));
  auto id = client_secret_item_id(*endpoint, profile.value("client-id"));
  if (!id) return fail(std::move(id.error()));
  auto url = parse_url(*endpoint);
  if (!url) return fail(std::move(url.error()));
  KeyringOptions options = keyring_options(context, profile);
  options.instead = client_secret_elsewhere;
  auto keyring = open_keyring_store(options);
  if (!keyring) return fail(std::move(keyring.error()));
  ProfileSecret secret;
  secret.context_ = &context;
  secret.keyring_ = std::move(*keyring);
  secret.id_ = std::move(*id);
  secret.profile_ = profile.profile;
  secret.server_ = url->origin();
  secret.client_id_ = profile.value("client-id");
  return secret;
}

Result<void> ProfileSecret::probe() const { return keyring_->probe(context_->stop()); }

Result<void> ProfileSecret::save(const Secret& secret) const {
  return keyring_->save({.id = id_, .name = profile_, .issuer = server_, .client_id = client_id_}, secret,
                        context_->stop());
}

Result<void> ProfileSecret::erase() const {
  auto erased = keyring_->erase(id_, context_->stop());
  if (!erased) return erased;
  if (const auto sessions = sessions_with(id_); !sessions.empty())
    warn(*context_,
         "Without the client secret that was erased from the keyring, these sessions cannot be renewed: " +
             some_of(sessions) +
             ". Put it back with \"oauth-token profile set\" and --client-secret-prompt, or sign in anew.");
  return erased;
}

bool has_secret_in_keyring(const Profile& profile) {
  return first_value(profile, client_secret_in_keyring) == "true";
}

bool same_server_and_client(const Profile& one, const Profile& other) {
  constexpr std::array<std::string_view, 3> bound{"issuer", "token-endpoint", "client-id"};
  return std::ranges::all_of(
      bound, [&](std::string_view key) { return first_value(one, key) == first_value(other, key); });
}

bool same_secret(const Profile& one, const Profile& other) {
  const std::string item = known_item(one);
  if (!item.empty() && item == known_item(other)) return true;
  const bool certain =
      !first_value(one, "token-endpoint").empty() && !first_value(other, "token-endpoint").empty();
  return !certain && !first_value(one, "issuer").empty() &&
         first_value(one, "issuer") == first_value(other, "issuer") &&
         first_value(one, "client-id") == first_value(other, "client-id");
}

bool shares_secret(const ProfileFile& file, const Profile& profile) {
  return std::ranges::any_of(file.profiles, [&](const Profile& other) {
    return other.name != profile.name && has_secret_in_keyring(other) && same_secret(other, profile);
  });
}

}  // namespace oauth_token::cli
