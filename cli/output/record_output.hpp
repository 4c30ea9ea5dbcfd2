#pragma once

#include <oauth_token/json.hpp>
#include <oauth_token/session.hpp>

#include <string>
#include <string_view>

namespace oauth_token::cli {

/// The record as one JSON object: what is known of a session without its secrets.
void write_record(json::Writer& out, const SessionRecord& record);

/// "valid", "renewable", "signed out" or "unreadable", by the record alone.
std::string_view session_state(const SessionRecord& record);

/// Whether there is no refresh token, or one that can no longer be used, though the access token may still
/// live.
bool is_past_renewal(const SessionRecord& record) noexcept;

/// The issuer, or the token endpoint where there is none.
const std::string& server_of(const SessionRecord& record);

/// The words with `between` between them.
std::string joined(const std::vector<std::string>& words, std::string_view between = " ");

}  // namespace oauth_token::cli
