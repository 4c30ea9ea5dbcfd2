#include "session/record_members.hpp"

#include "session/any_text.hpp"

#include <variant>

namespace oauth_token {

void write(json::Writer& out, std::string_view name, const std::string& text) {
  if (!text.empty()) write_text(out.name(name), text);
}

void write_pair(json::Writer& out, const std::string& first, const std::string& second) {
  write_text(write_text(out.begin_array(), first), second).end_array();
}

void write(json::Writer& out, std::string_view name, std::chrono::sys_seconds time) {
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

void RecordReader::read(std::string_view name, std::string& text) { take(object_[name], text); }

void RecordReader::read(std::string_view name, std::uint64_t& number) {
  if (const json::Value value = object_[name]) {
    const auto integer = value.integer();
    sound = sound && integer && *integer >= 0;
    if (sound) number = static_cast<std::uint64_t>(*integer);
  }
}

void RecordReader::read(std::string_view name, bool& flag) {
  if (const json::Value value = object_[name]) {
    const auto boolean = value.boolean();
    sound = sound && boolean;
    if (sound) flag = *boolean;
  }
}

void RecordReader::read(std::string_view name, std::chrono::sys_seconds& time) {
  if (const json::Value value = object_[name]) {
    const auto integer = value.integer();
    sound = sound && integer;
    if (sound) time = std::chrono::sys_seconds(std::chrono::seconds(*integer));
  }
}

void RecordReader::read(std::string_view name, std::vector<std::string>& texts) {
  for (const json::Value value : array(name)) take(value, texts.emplace_back());
}

void RecordReader::read(std::string_view name, SecretSource& source) {
  const json::Value value = object_[name];
  if (!value) return;
  RecordReader inner(value);
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

json::Value RecordReader::array(std::string_view name) {
  const json::Value value = object_[name];
  sound = sound && (!value || value.type() == json::Type::array);
  return sound ? value : json::Value();
}

void RecordReader::take(json::Value value, std::string& text) {
  if (!value) return;
  auto found = read_text(value);
  sound = sound && found;
  if (found) text = std::move(*found);
}

}  // namespace oauth_token
