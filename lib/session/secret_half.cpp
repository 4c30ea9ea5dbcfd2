#include "session/secret_half.hpp"

#include "session/any_text.hpp"
#include "session/open_session.hpp"

#include <oauth_token/json.hpp>
#include <oauth_token/text.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace oauth_token {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

void write(json::Writer& out, std::string_view name, const Secret& secret) {
  if (!secret.empty()) out.member(name, secret.expose());
}

Secret read_secret(const json::Value& value) {
  const auto text = value.text();
  return text ? Secret(*text) : Secret();
}

std::string text_of(const json::Value& value) { return read_text(value).value_or(std::string()); }

tl::unexpected<Error> damaged_half(const SessionRecord& record, const std::string& what) {
  return fail(Error{
      .error_class = ErrorClass::store,
      .message = "The tokens of session \"" + record.name + "\" in the store are damaged: " + what + ".",
      .hint = "Sign in again.",
      .reason = "damaged"});
}

tl::unexpected<Error> belongs_elsewhere(const SessionRecord& record, const std::string& what,
                                        const std::string& ours, const std::string& theirs) {
  return fail(ErrorClass::config,
              "The record of session \"" + record.name + "\" names the " + what + " " +
                  quote_for_terminal(ours) + ", but its tokens belong to " + quote_for_terminal(theirs) + ".",
              "Put the record back as it was, or sign in again with --replace.");
}

// The record's members that say where secrets go.
Result<void> check_bound(const json::Value& root, const SessionRecord& record) {
  struct {
    const char* name;
    const std::string& ours;
  } const rows[] = {{"token_endpoint", record.client.token_endpoint},
                    {"introspection_endpoint", record.client.introspection_endpoint},
                    {"revocation_endpoint", record.client.revocation_endpoint},
                    {"client_id", record.client.client_id}};
  for (const auto& [name, ours] : rows) {
    if (const std::string theirs = text_of(root[name]); theirs != ours)
      return belongs_elsewhere(record, name, ours, theirs);
  }
  return {};
}

}  // namespace

Token copy(const Token& token) {
  // All members: one more does not compile until it is copied.
  const auto& [access_token, token_type, expires_at, lifetime, lifetime_unusable, refresh_token, scope,
               scope_granted, id_token, extra, warnings] = token;
  return Token{.access_token = access_token.copy(),
               .token_type = token_type,
               .expires_at = expires_at,
               .lifetime = lifetime,
               .lifetime_unusable = lifetime_unusable,
               .refresh_token = refresh_token.copy(),
               .scope = scope,
               .scope_granted = scope_granted,
               .id_token = id_token.copy(),
               .extra = extra.copy(),
               .warnings = warnings};
}

Secret to_json(const SecretHalf& half, const SessionRecord& record) {
  const Token& token = half.token;
  json::Writer out;
  out.begin_object()
      .member("version", SecretHalf::current_version)
      .member("session", record.id)
      .member("generation", static_cast<std::int64_t>(half.generation))
      .member("obtained_at", std::int64_t{half.obtained_at.time_since_epoch().count()})
      .member("token_endpoint", record.client.token_endpoint)
      .member("introspection_endpoint", record.client.introspection_endpoint)
      .member("revocation_endpoint", record.client.revocation_endpoint);
  write_text(out.name("client_id"), record.client.client_id);
  write(out, "refresh_token", token.refresh_token);
  write(out, "access_token", token.access_token);
  out.member("token_type", token.token_type);
  if (token.expires_at) out.member("expires_at", std::int64_t{token.expires_at->time_since_epoch().count()});
  if (token.lifetime) out.member("lifetime", std::int64_t{token.lifetime->count()});
  if (token.lifetime_unusable) out.member("lifetime_unusable", true);
  out.member("scope", token.scope).member("scope_granted", token.scope_granted);
  write(out, "id_token", token.id_token);
  write(out, "dpop_key", half.dpop_key);
  if (!token.extra.empty()) {
    if (const auto extra = json::parse(token.extra.copy())) out.name("extra").value(extra->root());
  }
  out.end_object();
  return out.take();
}

Result<SecretHalf> secret_half_from_json(Secret text, const SessionRecord& record) {
  const auto document = json::parse(std::move(text), {.max_bytes = store_value_limit});
  if (!document) return damaged_half(record, "the JSON " + std::string(document.error().what));
  const json::Value root = document->root();
  const auto version = root["version"].integer();
  if (version && *version > SecretHalf::current_version)
    return fail(Error{.error_class = ErrorClass::store,
                      .message = "The tokens of session \"" + record.name +
                                 "\" were kept by a newer version of oauth-token.",
                      .hint = "Use that version, or sign in again under another session name.",
                      .reason = "newer"});
  const auto generation = root["generation"].integer();
  const auto obtained_at = root["obtained_at"].integer();
  if (!version || !generation || *generation < 1 || !obtained_at)
    return damaged_half(record, "version, generation or time is missing");
  if (root["session"].text() != std::string_view(record.id))
    return damaged_half(record, "they belong to another session");
  if (auto bound = check_bound(root, record); !bound) return fail(std::move(bound.error()));

  SecretHalf half{.generation = static_cast<std::uint64_t>(*generation),
                  .obtained_at = sys_seconds(seconds(*obtained_at))};
  Token& token = half.token;
  token.access_token = read_secret(root["access_token"]);
  token.refresh_token = read_secret(root["refresh_token"]);
  token.token_type = text_of(root["token_type"]);
  if (const auto time = root["expires_at"].integer()) token.expires_at = sys_seconds(seconds(*time));
  if (const auto lifetime = root["lifetime"].integer()) token.lifetime = seconds(*lifetime);
  token.lifetime_unusable = root["lifetime_unusable"].boolean().value_or(false);
  token.scope = text_of(root["scope"]);
  token.scope_granted = root["scope_granted"].boolean().value_or(false);
  token.id_token = read_secret(root["id_token"]);
  half.dpop_key = read_secret(root["dpop_key"]);
  if (const json::Value extra = root["extra"]) {
    json::Writer out;
    out.value(extra);
    token.extra = out.take();
  }
  return half;
}

bool is_key_alone(const SecretHalf& half) noexcept {
  return half.token.access_token.empty() && half.token.refresh_token.empty();
}

Result<std::optional<SecretHalf>> load_half(TokenStore& store, const SessionRecord& record,
                                            std::stop_token stop) {
  auto half = load_half_or_key(store, record, std::move(stop));
  if (half && *half && is_key_alone(**half)) return std::nullopt;
  return half;
}

Result<std::optional<SecretHalf>> load_half_or_key(TokenStore& store, const SessionRecord& record,
                                                   std::stop_token stop) {
  auto text = store.load(record.id, stop);
  if (!text) return fail(std::move(text.error()));
  if (!*text) return std::nullopt;
  auto half = secret_half_from_json(std::move(**text), record);
  if (!half) return fail(std::move(half.error()));
  return std::move(*half);
}

Result<void> save_half(TokenStore& store, const SessionRecord& record, const SecretHalf& half,
                       std::stop_token stop) {
  const Secret text = to_json(half, record);
  if (auto saved = store.save(store_item(record, half.generation), text, stop); !saved) return saved;
  const auto back = store.load(record.id, stop);
  if (!back) return fail(back.error());
  if (*back && **back == text) return {};
  return fail(Error{.error_class = ErrorClass::store,
                    .message = "The store said that it kept the tokens of session \"" + record.name +
                               "\", but gives back something else.",
                    .hint = "Check the keyring, or choose another store.",
                    .reason = "damaged"});
}

}  // namespace oauth_token
