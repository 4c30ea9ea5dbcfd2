#include "session/record.hpp"

#include "base/characters.hpp"
#include "session/record_members.hpp"

#include <oauth_token/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oauth_token {
namespace {

constexpr std::size_t longest_name = 100;

void write_failure(json::Writer& out, const SessionRecord::Failure& failure) {
  out.name("failure").begin_object();
  write(out, "at", failure.at);
  write(out, "not_before", failure.not_before);
  write(out, "class", failure.error_class);
  write(out, "code", failure.code);
  write(out, "message", failure.message);
  out.member("count", failure.count).end_object();
}

bool read_failure(json::Value value, SessionRecord::Failure& failure) {
  RecordReader in(value);
  std::uint64_t count = 0;
  in.read("at", failure.at);
  in.read("not_before", failure.not_before);
  in.read("class", failure.error_class);
  in.read("code", failure.code);
  in.read("message", failure.message);
  in.read("count", count);
  failure.count = static_cast<int>(std::min<std::uint64_t>(count, most_failures_counted));
  return in.sound;
}

tl::unexpected<Error> damaged_record(const std::string& place, std::string_view what) {
  return fail(Error{.error_class = ErrorClass::store,
                    .message = place + " is damaged: " + std::string(what) + ".",
                    .hint = "Put it back from a backup, or remove it and sign in again.",
                    .reason = "damaged"});
}

}  // namespace

std::string to_json(const SessionRecord& record) {
  json::Writer out;
  out.begin_object().member("version", SessionRecord::current_version);
  write(out, "id", record.id);
  write(out, "name", record.name);
  write(out, "store", record.store);
  write(out, "store_key_file", record.store_key_file);
  write(out, record.client);
  write(out, "grant_type", record.grant_type);
  write(out, "username", record.username);
  write(out, "scope", record.scope);
  write(out, "resource", record.resource);
  if (!record.parameters.empty()) {
    out.name("parameters").begin_array();
    for (const auto& [name, value] : record.parameters) write_pair(out, name, value);
    out.end_array();
  }
  out.member("generation", static_cast<std::int64_t>(record.generation));
  write(out, "signed_in_at", record.signed_in_at);
  write(out, "renewed_at", record.renewed_at);
  if (record.access_token_expires_at) write(out, "access_token_expires_at", *record.access_token_expires_at);
  if (record.failure) write_failure(out, *record.failure);
  if (record.dead_generation != 0)
    out.member("dead_generation", static_cast<std::int64_t>(record.dead_generation));
  write(out, "dpop_nonce", record.dpop_nonce);
  out.end_object();
  return std::string(out.expose()) + "\n";
}

Result<SessionRecord> record_from_json(Secret text, const std::string& place) {
  const auto document = json::parse(std::move(text));
  if (!document) return damaged_record(place, "the JSON " + std::string(document.error().what));
  const json::Value root = document->root();
  const auto version = root["version"].integer();
  if (!version || *version < 1) return damaged_record(place, "it has no version");
  if (*version > SessionRecord::current_version)
    return fail(Error{.error_class = ErrorClass::store,
                      .message = place + " was written by a newer version of oauth-token (record version " +
                                 std::to_string(*version) + ").",
                      .hint = "Use that version, or sign in again under another session name.",
                      .reason = "newer"});
  SessionRecord record;
  RecordReader in(root);
  in.read("id", record.id);
  in.read("name", record.name);
  in.read("store", record.store);
  in.read("store_key_file", record.store_key_file);
  read(in, record.client);
  in.read("grant_type", record.grant_type);
  in.read("username", record.username);
  in.read("scope", record.scope);
  in.read("resource", record.resource);
  in.read("parameters", record.parameters);
  in.read("generation", record.generation);
  in.read("signed_in_at", record.signed_in_at);
  in.read("renewed_at", record.renewed_at);
  in.read("access_token_expires_at", record.access_token_expires_at);
  in.read("dead_generation", record.dead_generation);
  in.read("dpop_nonce", record.dpop_nonce);
  if (const json::Value value = root["failure"]) {
    SessionRecord::Failure failure;
    in.sound = in.sound && read_failure(value, failure);
    record.failure = std::move(failure);
  }
  if (!in.sound) return damaged_record(place, "a member has the wrong type");
  if (!is_session_id(record.id) || !check_session_name(record.name) || !is_store_name(record.store) ||
      record.client.token_endpoint.empty() || record.generation == 0)
    return damaged_record(place, "id, name, store, token_endpoint or generation is missing or wrong");
  return record;
}

bool is_session_id(std::string_view id) noexcept {
  return id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<void> check_session_name(std::string_view name) {
  const auto fits = [](char c) {
    return is_letter_or_digit(c) || std::string_view("._@+-").find(c) != std::string_view::npos;
  };
  if (!name.empty() && name.size() <= longest_name && name.front() != '.' && name.front() != '-' &&
      std::all_of(name.begin(), name.end(), fits))
    return {};
  return fail(ErrorClass::usage, "\"" + std::string(name) + "\" cannot be the name of a session.",
              "Use up to " + std::to_string(longest_name) +
                  " letters, digits and . _ @ + -, not starting with a dot or a minus.");
}

bool is_store_name(std::string_view store) noexcept {
  if (!is_file_store(store)) return store == "keyring" || store == "own";
  return store == "file" || (store.starts_with("file:/") && store.find('\0') == std::string_view::npos);
}

bool is_file_store(std::string_view store) noexcept { return store == "file" || store.starts_with("file:"); }

}  // namespace oauth_token
