#include "record_output.hpp"

#include "json_text.hpp"
#include "token_output.hpp"

#include <chrono>

namespace oauth_token::cli {
namespace {

void append_source(JsonObject& object, const std::string& name, const SecretSource& source) {
  if (const auto* const file = std::get_if<SecretFile>(&source)) object.text(name + "_file", file->path);
  if (const auto* const command = std::get_if<SecretCommand>(&source))
    object.text(name + "_command", command->command);
  if (std::holds_alternative<SecretInKeyring>(source)) object.boolean(name + "_in_keyring", true);
}

void append_failure(JsonObject& object, const SessionRecord::Failure& failure) {
  SecretBuffer inner;
  JsonObject(inner)
      .text("at", time_text(failure.at))
      .text("not_before", time_text(failure.not_before))
      .text("class", failure.error_class)
      .optional_text("error", failure.code)
      .text("message", failure.message)
      .number("count", failure.count)
      .close();
  object.json("failure", inner.expose());
}

}  // namespace

std::string_view session_state(const SessionRecord& record) {
  if (record.version == 0) return "unreadable";
  const auto now = std::chrono::system_clock::now();
  if (record.access_token_expires_at && *record.access_token_expires_at > now) return "valid";
  return record.dead_generation != 0 && record.dead_generation == record.generation ? "signed out"
                                                                                    : "renewable";
}

const std::string& server_of(const SessionRecord& record) {
  return record.client.issuer.empty() ? record.client.token_endpoint : record.client.issuer;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

void append_record(SecretBuffer& out, const SessionRecord& record) {
  const ClientSettings& client = record.client;
  JsonObject object(out);
  if (record.version == 0)
    return object.text("name", record.name).text("state", session_state(record)).close();
  object.text("name", record.name).text("state", session_state(record)).text("store", record.store);
  object.optional_text("username", record.username).text("grant_type", record.grant_type);
  object.optional_text("issuer", client.issuer).text("token_endpoint", client.token_endpoint);
  object.optional_text("introspection_endpoint", client.introspection_endpoint);
  object.optional_text("revocation_endpoint", client.revocation_endpoint);
  object.optional_text("client_id", client.client_id).optional_text("client_auth", client.client_auth);
  append_source(object, "client_secret", client.client_secret);
  append_source(object, "client_assertion", client.client_assertion);
  object.optional_text("scope", joined(record.scope));
  if (!record.resource.empty()) object.texts("resource", record.resource);
  object.text("signed_in_at", time_text(record.signed_in_at))
      .text("renewed_at", time_text(record.renewed_at));
  if (record.access_token_expires_at)
    object.text("access_token_expires_at", time_text(*record.access_token_expires_at));
  object.number("generation", static_cast<std::int64_t>(record.generation)).text("id", record.id);
  if (record.failure) append_failure(object, *record.failure);
  object.close();
}

}  // namespace oauth_token::cli
