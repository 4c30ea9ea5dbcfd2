#include "session/record.hpp"

#include "session/any_text.hpp"

#include <oauth_token/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace oauth_token {
namespace {

using Time = std::chrono::sys_seconds;

constexpr std::size_t name_limit = 100;

bool is_id(std::string_view id) noexcept {
  return id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// --- writing ---

void write(json::Writer& out, std::string_view name, const std::string& text) {
  if (!text.empty()) write_text(out.name(name), text);
}

void write_pair(json::Writer& out, const std::string& first, const std::string& second) {
  write_text(write_text(out.begin_array(), first), second).end_array();
}

void write(json::Writer& out, std::string_view name, Time time) {
  out.member(name, std::int64_t{time.time_since_epoch().count()});
}

void write(json::Writer& out, std::string_view name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  out.name(name).begin_array();
  for (const std::string& text : texts) write_text(out, text);
  out.end_array();
}

void write(json::Writer& out, std::string_view name, const SecretSource& source) {
  if (std::holds_alternative<std::monostate>(source)) return;
  out.name(name).begin_object();
  if (const auto* file = std::get_if<SecretFile>(&source)) write_text(out.name("file"), file->path);
  if (const auto* command = std::get_if<SecretCommand>(&source))
    write_text(out.name("command"), command->command);
  if (std::holds_alternative<SecretInKeyring>(source)) out.member("keyring", true);
  out.end_object();
}

void write(json::Writer& out, const ClientSettings& client) {
  write(out, "issuer", client.issuer);
  write(out, "token_endpoint", client.token_endpoint);
  write(out, "introspection_endpoint", client.introspection_endpoint);
  write(out, "revocation_endpoint", client.revocation_endpoint);
  write(out, "client_id", client.client_id);
  write(out, "client_auth", client.client_auth);
  out.member("basic_encoding", client.basic_encoding == BasicEncoding::raw ? "raw" : "form");
  write(out, "client_secret", client.client_secret);
  write(out, "client_assertion", client.client_assertion);
  if (!client.headers.empty()) {
    out.name("headers").begin_array();
    for (const HttpHeader& header : client.headers) write_pair(out, header.name, header.value);
    out.end_array();
  }
  write(out, "ca_file", client.ca_file);
  if (client.proxy) write_text(out.name("proxy"), *client.proxy);
  if (client.lenient) out.member("lenient", true);
}

void write(json::Writer& out, const SessionRecord::Failure& failure) {
  out.name("failure").begin_object();
  write(out, "at", failure.at);
  write(out, "not_before", failure.not_before);
  write(out, "class", failure.error_class);
  write(out, "code", failure.code);
  write(out, "message", failure.message);
  out.member("count", failure.count).end_object();
}

// --- reading: what is absent keeps its default, what has another type damages the record ---

class Reader {
 public:
  explicit Reader(json::Value object) : object_(object) {}

  void read(std::string_view name, std::string& text) { take(object_[name], text); }
  void read(std::string_view name, std::uint64_t& number) {
    if (const json::Value value = object_[name]) {
      const auto integer = value.integer();
      sound = sound && integer && *integer >= 0;
      if (sound) number = static_cast<std::uint64_t>(*integer);
    }
  }
  void read(std::string_view name, bool& flag) {
    if (const json::Value value = object_[name]) {
      const auto boolean = value.boolean();
      sound = sound && boolean;
      if (sound) flag = *boolean;
    }
  }
  void read(std::string_view name, Time& time) {
    if (const json::Value value = object_[name]) {
      const auto integer = value.integer();
      sound = sound && integer;
      if (sound) time = Time(std::chrono::seconds(*integer));
    }
  }
  template <class T>
  void read(std::string_view name, std::optional<T>& maybe) {
    if (object_[name]) read(name, maybe.emplace());
  }
  void read(std::string_view name, std::vector<std::string>& texts) {
    for (const json::Value value : array(name)) take(value, texts.emplace_back());
  }
  /// Pairs of texts.
  template <class T>
  void read(std::string_view name, std::vector<T>& pairs) {
    for (const json::Value value : array(name)) {
      std::vector<std::string> both;
      for (const json::Value part : value) take(part, both.emplace_back());
      sound = sound && both.size() == 2;
      if (sound) pairs.push_back(T{std::move(both[0]), std::move(both[1])});
    }
  }
  void read(std::string_view name, SecretSource& source) {
    const json::Value value = object_[name];
    if (!value) return;
    Reader inner(value);
    std::string text;
    if (value["file"]) {
      inner.read("file", text);
      source = SecretFile{std::move(text)};
    } else if (value["command"]) {
      inner.read("command", text);
      source = SecretCommand{std::move(text)};
    } else if (value["keyring"].boolean() == true) {
      source = SecretInKeyring{};
    } else {
      sound = false;
    }
    sound = sound && inner.sound;
  }

  bool sound = true;

 private:
  json::Value array(std::string_view name) {
    const json::Value value = object_[name];
    sound = sound && (!value || value.type() == json::Type::array);
    return sound ? value : json::Value();
  }
  void take(json::Value value, std::string& text) {
    if (!value) return;
    auto found = read_text(value);
    sound = sound && found;
    if (found) text = std::move(*found);
  }

  json::Value object_;
};

void read(Reader& in, ClientSettings& client) {
  in.read("issuer", client.issuer);
  in.read("token_endpoint", client.token_endpoint);
  in.read("introspection_endpoint", client.introspection_endpoint);
  in.read("revocation_endpoint", client.revocation_endpoint);
  in.read("client_id", client.client_id);
  in.read("client_auth", client.client_auth);
  std::string encoding = "form";
  in.read("basic_encoding", encoding);
  in.sound = in.sound && (encoding == "form" || encoding == "raw");
  client.basic_encoding = encoding == "raw" ? BasicEncoding::raw : BasicEncoding::form;
  in.read("client_secret", client.client_secret);
  in.read("client_assertion", client.client_assertion);
  in.read("headers", client.headers);
  in.read("ca_file", client.ca_file);
  in.read("proxy", client.proxy);
  in.read("lenient", client.lenient);
}

bool read(json::Value value, SessionRecord::Failure& failure) {
  Reader in(value);
  std::uint64_t count = 0;
  in.read("at", failure.at);
  in.read("not_before", failure.not_before);
  in.read("class", failure.error_class);
  in.read("code", failure.code);
  in.read("message", failure.message);
  in.read("count", count);
  failure.count = static_cast<int>(std::min<std::uint64_t>(count, 1000));
  return in.sound;
}

tl::unexpected<Error> damaged(const std::string& place, std::string_view what) {
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
  if (record.failure) write(out, *record.failure);
  if (record.dead_generation != 0)
    out.member("dead_generation", static_cast<std::int64_t>(record.dead_generation));
  out.end_object();
  return std::string(out.expose()) + "\n";
}

Result<SessionRecord> record_from_json(Secret text, const std::string& place) {
  const auto document = json::parse(std::move(text));
  if (!document) return damaged(place, "the JSON " + std::string(document.error().what));
  const json::Value root = document->root();
  const auto version = root["version"].integer();
  if (!version || *version < 1) return damaged(place, "it has no version");
  if (*version > SessionRecord::current_version)
    return fail(Error{.error_class = ErrorClass::store,
                      .message = place + " was written by a newer version of oauth-token (record version " +
                                 std::to_string(*version) + ").",
                      .hint = "Use that version, or sign in again under another session name.",
                      .reason = "newer"});
  SessionRecord record;
  Reader in(root);
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
  if (const json::Value value = root["failure"]) {
    SessionRecord::Failure failure;
    in.sound = in.sound && read(value, failure);
    record.failure = std::move(failure);
  }
  if (!in.sound) return damaged(place, "a member has the wrong type");
  if (!is_id(record.id) || !check_session_name(record.name) || !is_store_name(record.store) ||
      record.client.token_endpoint.empty() || record.generation == 0)
    return damaged(place, "id, name, store, token_endpoint or generation is missing or wrong");
  return record;
}

Result<void> check_session_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._@+-").find(c) != std::string_view::npos;
  };
  if (!name.empty() && name.size() <= name_limit && name.front() != '.' && name.front() != '-' &&
      std::all_of(name.begin(), name.end(), fits))
    return {};
  return fail(ErrorClass::usage, "\"" + std::string(name) + "\" cannot be the name of a session.",
              "Use up to " + std::to_string(name_limit) +
                  " letters, digits and . _ @ + -, not starting with a dot or a minus.");
}

bool is_store_name(std::string_view store) noexcept {
  if (!is_file_store(store)) return store == "keyring" || store == "own";
  return store == "file" || (store.starts_with("file:/") && store.find('\0') == std::string_view::npos);
}

bool is_file_store(std::string_view store) noexcept { return store == "file" || store.starts_with("file:"); }

}  // namespace oauth_token
