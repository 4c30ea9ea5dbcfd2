#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>
#include <oauth_token/session.hpp>

#include <string>
#include <string_view>

namespace oauth_token {

/// One JSON object and a newline.
std::string to_json(const SessionRecord& record);

/// The record of the file at `place`, which is named in messages. Class `store`: reason "newer" for a version
/// that we do not know, "damaged" for what is no record.
Result<SessionRecord> record_from_json(Secret text, const std::string& place);

/// SessionRecord::Failure::count goes no higher.
inline constexpr int most_failures_counted = 1000;

bool is_session_id(std::string_view id) noexcept;

/// Whether a session can be kept there: "keyring", "file", "file:FOLDER" or "own".
bool is_store_name(std::string_view store) noexcept;

}  // namespace oauth_token
