#include "record_output.hpp"

#include "token_output.hpp"

#include <chrono>

namespace oauth_token::cli {
namespace {

void write_source(json::Writer& out, const std::string& name, const SecretSource& source) {
  if (const auto* const file = std::get_if<SecretFile>(&source)) out.member(name + "_file", file->path);
  if (const auto* const command = std::get_if<SecretCommand>(&source))
    out.member(name + "_command", command->command);
  if (std::holds_alternative<SecretInKeyring>(source)) out.member(name + "_in_keyring", true);
}

void write_failure(json::Writer& out, const SessionRecord::Failure& failure) {
  out.name("failure").begin_object().member("at", time_text(failure.at));
  out.member("not_before", time_text(failure.not_before)).member("class", failure.error_class);
  out.optional_member("error", failure.code)
      .member("message", failure.message)
      .member("count", failure.count);
  out.end_object();
}

}  // namespace

std::string_view session_state(const SessionRecord& record) {
  if (record.version == 0) return "unreadable";
  const auto now = std::chrono::system_clock::now();
  if (record.access_token_expires_at && *record.access_token_expires_at > now) return "valid";
  if (!is_past_renewal(record)) return "renewable";
  return record.access_token_expires_at ? "signed out" : "valid";  // for as long as nobody says how long
}

bool is_past_renewal(const SessionRecord& record) noexcept {
  return record.dead_generation != 0 && record.dead_generation == record.generation;
}

const std::string& server_of(const SessionRecord& record) {
  return record.client.issuer.empty() ? record.client.token_endpoint : record.client.issuer;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : between).append(word);
  return text;
}

void write_record(json::Writer& out, const SessionRecord& record) {
  const ClientSettings& client = record.client;
  out.begin_object().member("name", record.name).member("state", session_state(record));
  if (record.version != 0) {
    out.member("store", record.store).optional_member("username", record.username);
    out.member("grant_type", record.grant_type).optional_member("issuer", client.issuer);
    out.member("token_endpoint", client.token_endpoint);
    out.optional_member("introspection_endpoint", client.introspection_endpoint);
    out.optional_member("revocation_endpoint", client.revocation_endpoint);
    out.optional_member("client_id", client.client_id).optional_member("client_auth", client.client_auth);
    write_source(out, "client_secret", client.client_secret);
    write_source(out, "client_assertion", client.client_assertion);
    out.optional_member("signing_key", client.assertion.key);
    write_source(out, "signing_key_passphrase", client.assertion.key_passphrase);
    out.optional_member("signing_key_id", client.assertion.key_id);
    out.optional_member("signing_alg", client.assertion.algorithm);
    out.optional_member("assertion_audience", client.assertion.audience);
    out.optional_member("tls_cert", client.certificate.certificate);
    out.optional_member("tls_key", client.certificate.key);
    write_source(out, "tls_key_passphrase", client.certificate.key_passphrase);
    out.optional_member("dpop", to_string(client.dpop.use)).optional_member("dpop_key", client.dpop.key);
    out.optional_member("scope", joined(record.scope));
    if (!record.resource.empty()) out.member("resource", record.resource);
    out.member("signed_in_at", time_text(record.signed_in_at));
    out.member("renewed_at", time_text(record.renewed_at));
    if (record.access_token_expires_at)
      out.member("access_token_expires_at", time_text(*record.access_token_expires_at));
    out.member("generation", static_cast<std::int64_t>(record.generation)).member("id", record.id);
    if (is_past_renewal(record)) out.member("renewable", false);
    if (record.failure) write_failure(out, *record.failure);
  }
  out.end_object();
}

}  // namespace oauth_token::cli
