#pragma once

#include <oauth_token/secret.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token::cli {

// JSON as text in wiped memory: a library's DOM would leave tokens on the heap. Reading takes text for
// granted that the library has checked (one JSON object).

/// A JSON string with its quotes. Characters that no terminal should see are written as \uXXXX, bytes that
/// are no UTF-8 as \ufffd.
void append_json_string(SecretBuffer& out, std::string_view text);

/// The same JSON without white space between its parts, and with unprintable characters as \uXXXX.
void append_json_compact(SecretBuffer& out, std::string_view json);

/// The text of a JSON string (given with its quotes).
void append_json_text(SecretBuffer& out, std::string_view string);

/// `text` with unprintable characters as \xNN or \u{NNNN}: for terminals.
void append_for_terminal(SecretBuffer& out, std::string_view text);

/// The value of a member of a JSON object, as JSON; nothing when absent. Of a name given twice the last one.
std::optional<std::string_view> json_member(std::string_view object, std::string_view name);

/// Calls `visit` with each member's name (with its quotes) and value, both as JSON.
void for_each_member(std::string_view object,
                     const std::function<void(std::string_view name, std::string_view value)>& visit);

/// Writes one JSON object member by member.
class JsonObject {
 public:
  explicit JsonObject(SecretBuffer& out) : out_(&out) { out.append('{'); }

  JsonObject& text(std::string_view name, std::string_view value);
  /// Left out when the value is empty.
  JsonObject& optional_text(std::string_view name, std::string_view value);
  JsonObject& number(std::string_view name, std::int64_t value);
  JsonObject& boolean(std::string_view name, bool value);
  JsonObject& texts(std::string_view name, const std::vector<std::string>& values);
  JsonObject& json(std::string_view name, std::string_view value);
  void close() { out_->append('}'); }

 private:
  SecretBuffer& name(std::string_view name);

  SecretBuffer* out_;
  bool first_ = true;
};

}  // namespace oauth_token::cli
