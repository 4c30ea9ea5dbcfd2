#pragma once

#include "session/secret_half.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/session.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace oauth_token {

/// Pure rules of renewal: time is an argument.

/// Whether the access token can be handed out without renewing: more than the margin is left, or at least
/// `min_valid`. A token of unknown lifetime can; one whose lifetime was unusable cannot; nor one that was
/// obtained in the future, since the clock went backwards then.
bool is_fresh(const SecretHalf& half, std::optional<std::chrono::seconds> min_valid,
              std::chrono::sys_seconds now) noexcept;

/// Whether the access token is valid at all now: then it is better than an error.
bool is_alive(const SecretHalf& half, std::chrono::sys_seconds now) noexcept;

/// The failure to leave in the record after `error`: nobody asks again for 1 s, then 2, up to 60, or as long
/// as the server said, an hour at most.
SessionRecord::Failure next_failure(const std::optional<SessionRecord::Failure>& last, const Error& error,
                                    std::chrono::sys_seconds now);

/// The answer of the last failure, while it still stands. A failure in the future does not: the clock was
/// set. For who `waited_for_it`, at the lock of the process that failed, it stands in any case: five hundred
/// do not take turns in asking a server that is down.
std::optional<Error> standing_failure(const SessionRecord& record, std::chrono::sys_seconds now,
                                      bool waited_for_it = false);

/// Whether a refresh that failed like this may be sent again by the same run: no byte of it has left, the
/// answer was 429 or 503 with Retry-After, or another run's failure was only passed on. Not after an answer
/// to the repetition of one that was cut off (`retry_safe` is false then): the first one's answer is unknown,
/// as after a timeout.
bool may_be_repeated(const Error& error) noexcept;

/// Whether the same refresh token may be sent once more at once: the connection closed before a status line.
bool was_cut_off(const Error& error) noexcept;

/// Whether the authorization server itself has refused.
bool is_refusal(const Error& error) noexcept;

/// The server calls the refresh token itself invalid, for good. What it says while it is asked too often is
/// no such word.
bool is_end_of_refresh_token(const Error& error) noexcept;

/// Whether the server is known to have issued nothing: it has refused, was not asked, or did not get as far.
bool has_issued_nothing(const Error& error) noexcept;

/// What `error`, the server's refusal of a refresh token, leaves unsaid: that an earlier sending may have
/// replaced it. `began` is a renewal whose answer is not known, if there is one; `was_cut` as in
/// RefreshAnswer. Begins with a space, or is empty.
std::string why_refused(std::optional<std::chrono::sys_seconds> began, bool was_cut);

}  // namespace oauth_token
