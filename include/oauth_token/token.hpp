#pragma once

#include <oauth_token/secret.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace oauth_token {

/// What the authorization server granted (RFC 6749 s5.1), with the lifetime as a point in time.
struct Token {
  Secret access_token = {};     ///< never empty in an answer
  std::string token_type = {};  ///< "Bearer" and "DPoP" in this spelling; any other as the server wrote it
  /// Absent when the server did not say or said nothing readable; never guessed.
  std::optional<std::chrono::sys_seconds> expires_at = {};
  /// `expires_in` as told, seconds.
  std::optional<std::chrono::seconds> lifetime = {};
  /// True when the answer had an `expires_in` that was 0, negative or unreadable: the token is used once.
  bool lifetime_unusable = false;
  Secret refresh_token = {};   ///< empty: the server sent none, or it is with the session
  std::string scope = {};      ///< as granted; as requested where the server is silent; space-separated
  bool scope_granted = false;  ///< the server named the scope itself
  Secret id_token = {};        ///< as sent, not verified; empty: none
  Secret extra = {};  ///< every other member with its JSON type, as the text of one JSON object; empty: none
  std::vector<std::string> warnings = {};  ///< sentences, safe to print
};

}  // namespace oauth_token
#pragma GCC visibility pop
