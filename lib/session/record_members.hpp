#pragma once

#include <oauth_token/client_settings.hpp>
#include <oauth_token/json.hpp>
#include <oauth_token/secret_source.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oauth_token {

// Members of a record. What is empty is not written.
void write(json::Writer& out, std::string_view name, const std::string& text);
void write(json::Writer& out, std::string_view name, std::chrono::sys_seconds time);
void write(json::Writer& out, std::string_view name, const std::vector<std::string>& texts);
void write(json::Writer& out, std::string_view name, const SecretSource& source);
/// An element of a list: two texts.
void write_pair(json::Writer& out, const std::string& first, const std::string& second);
/// The members of a client.
void write(json::Writer& out, const ClientSettings& client);

/// Reads members: what is absent keeps its default, what has another type is not sound.
class RecordReader {
 public:
  explicit RecordReader(json::Value object) : object_(object) {}

  void read(std::string_view name, std::string& text);
  void read(std::string_view name, std::uint64_t& number);
  void read(std::string_view name, bool& flag);
  void read(std::string_view name, std::chrono::sys_seconds& time);
  void read(std::string_view name, std::vector<std::string>& texts);
  void read(std::string_view name, SecretSource& source);
  template <class T>
  void read(std::string_view name, std::optional<T>& maybe) {
    if (object_[name]) read(name, maybe.emplace());
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

  bool sound = true;

 private:
  json::Value array(std::string_view name);
  void take(json::Value value, std::string& text);

  json::Value object_;
};

/// The members of a client.
void read(RecordReader& in, ClientSettings& client);

}  // namespace oauth_token
