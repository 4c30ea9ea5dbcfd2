#pragma once

#include "context.hpp"
#include "options/settings.hpp"
#include "profile_file.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <memory>
#include <string>

namespace oauth_token {
class TokenStore;
}

namespace oauth_token::cli {

/// The key of a profile that says so: "true".
inline constexpr const char* client_secret_in_keyring = "client-secret-in-keyring";

/// A profile's client secret in the keyring: bound to its token endpoint's origin and its client id, and
/// shared by the profiles that have both in common.
class ProfileSecret {
 public:
  /// `profile` as profile_settings gives it. Opens the keyring, and asks the issuer for its metadata where
  /// the profile names no token endpoint. Blocks. Errors: `usage` without server or client id; as make_client
  /// and open_keyring_store.
  static Result<ProfileSecret> open(Context& context, const Settings& profile);

  /// Whether a save would work.
  [[nodiscard]] Result<void> probe() const;
  [[nodiscard]] Result<void> save(const Secret& secret) const;
  [[nodiscard]] Result<void> erase() const;

 private:
  const Context* context_ = nullptr;
  std::shared_ptr<TokenStore> keyring_ = {};
  std::string id_ = {};
  std::string profile_ = {};
  std::string server_ = {};
  std::string client_id_ = {};
};

/// Whether the profile's client secret is in the keyring.
bool has_secret_in_keyring(const Profile& profile);

/// Whether the two have the same server and client.
bool same_server_and_client(const Profile& one, const Profile& other);

/// Whether the two would use the same item of the keyring, as far as that is known without asking an issuer.
bool same_secret(const Profile& one, const Profile& other);

/// Whether another profile of the file uses the same item.
bool shares_secret(const ProfileFile& file, const Profile& profile);

}  // namespace oauth_token::cli
