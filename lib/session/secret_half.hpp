#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/session.hpp>
#include <oauth_token/token.hpp>
#include <oauth_token/token_store.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

namespace oauth_token {

/// The secret half of a session: what the store keeps under the session's id, as one JSON object. It names
/// the server and client that it belongs to, so that an edited record cannot send it elsewhere.
struct SecretHalf {
  static constexpr int current_version = 1;

  std::uint64_t generation = 0;
  std::chrono::sys_seconds obtained_at = {};
  Token token = {};  ///< warnings are not kept
  Secret dpop_key =
      {};  ///< a private JWK, the key that the tokens are bound to; empty: none of the session's own
};

Token copy(const Token& token);

Secret to_json(const SecretHalf& half, const SessionRecord& record);

/// Class `store`: reason "newer" or "damaged". Class `config` when it belongs to another session, endpoint or
/// client than `record` says, naming both.
Result<SecretHalf> secret_half_from_json(Secret text, const SessionRecord& record);

/// It has no tokens: somebody is signing in, or a crash ended that.
bool is_key_alone(const SecretHalf& half) noexcept;

/// Reads the half of `record` from the store; nothing when there is none, or none with tokens.
Result<std::optional<SecretHalf>> load_half(TokenStore& store, const SessionRecord& record,
                                            std::stop_token stop);

/// The same, with a key alone too.
Result<std::optional<SecretHalf>> load_half_or_key(TokenStore& store, const SessionRecord& record,
                                                   std::stop_token stop);

/// Saves, reads back and compares: a store that said that it is done and kept something else is an error.
Result<void> save_half(TokenStore& store, const SessionRecord& record, const SecretHalf& half,
                       std::stop_token stop);

}  // namespace oauth_token
