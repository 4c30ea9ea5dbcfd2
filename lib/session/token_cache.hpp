#pragma once

#include "session/secret_half.hpp"

#include <oauth_token/session.hpp>

#include <chrono>
#include <optional>

namespace oauth_token {

/// The Linux kernel's keyring in front of the store: a few sessions' access tokens, in memory alone, until
/// they expire, readable to this user's programs. Nothing for root, whose programs would share one, nor for a
/// program that runs as another user than who started it, nor where the kernel or a container has no
/// keyrings: the store then has the token. Thread-safe; nothing here blocks.

/// For one program, before anything else here: its few threads may have keyrings, which end with them and
/// which no child inherits. That saves a thread, a tenth of a millisecond, where a token is still good.
void use_keyrings_of_own_threads() noexcept;

/// The half as far as the keyring has it, without refresh token, of the generation that `record` names.
std::optional<SecretHalf> cached_half(const SessionRecord& record);

/// Keeps the access token of `half` until it expires. Passed over: one without an expiry, one that is bound
/// to a key, one of more than 4 KB, and the half of another generation.
void cache_half(const SessionRecord& record, const SecretHalf& half, std::chrono::sys_seconds now);

/// Before the tokens of the session change, and after they were removed.
void drop_cached_half(const SessionRecord& record);

}  // namespace oauth_token
