#include "protocol/salvage.hpp"

#include <oauth_token/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace oauth_token::protocol {
namespace {

constexpr std::string_view space = " \t\r\n";

/// Takes an object apart without looking into the values.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool take(char byte) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(space), rest_.size()));
    if (rest_.empty() || rest_[0] != byte) return false;
    rest_.remove_prefix(1);
    return true;
  }

  [[nodiscard]] bool at_end() const { return rest_.find_first_not_of(space) == std::string_view::npos; }

  /// As it is written, with its quotes; nothing when there is none or it has no end.
  std::optional<std::string_view> text() {
    const std::string_view start = rest_;
    if (!take('"')) return std::nullopt;
    while (!rest_.empty()) {
      const char byte = rest_[0];
      rest_.remove_prefix(byte == '\\' ? std::min<std::size_t>(2, rest_.size()) : 1);
      if (byte == '"') return trimmed(start);
    }
    return std::nullopt;
  }

  std::optional<std::string_view> value() {
    const std::string_view start = rest_;
    std::size_t depth = 0;
    do {
      rest_.remove_prefix(std::min(rest_.find_first_not_of(space), rest_.size()));
      if (rest_.empty()) return std::nullopt;
      const char byte = rest_[0];
      if (byte == '"') {
        if (!text()) return std::nullopt;
        continue;
      }
      if (byte == '{' || byte == '[')
        ++depth;
      else if (byte == '}' || byte == ']' || byte == ',' || byte == ':') {
        if (depth == 0) return std::nullopt;
        if (byte == '}' || byte == ']') --depth;
      } else {
        rest_.remove_prefix(std::min(rest_.find_first_of(" \t\r\n{}[],:\""), rest_.size()));
        continue;
      }
      rest_.remove_prefix(1);
    } while (depth > 0);
    return trimmed(start);
  }

 private:
  [[nodiscard]] std::string_view trimmed(std::string_view start) const {
    start.remove_suffix(rest_.size());
    start.remove_prefix(start.find_first_not_of(space));
    return start;
  }

  std::string_view rest_;
};

/// What a text as it is written says; empty where it is none.
Secret decoded(std::string_view written) {
  const auto document = json::parse(Secret(written), {.lone_surrogates = true});
  const auto text = document ? document->root().text() : std::nullopt;
  return text ? Secret(*text) : Secret();
}

bool says(std::string_view written, std::string_view name) {
  if (written.find('\\') != std::string_view::npos) return decoded(written).expose() == name;
  return written.substr(1, written.size() - 2) == name;
}

}  // namespace

Secret salvaged_refresh_token(std::string_view text) {
  if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
  Scanner scanner(text);
  if (!scanner.take('{')) return {};
  std::optional<Secret> found;
  do {
    const auto name = scanner.text();
    if (!name || !scanner.take(':')) break;
    const auto value = scanner.value();
    if (!value) break;
    if (says(*name, "error") && value->front() == '"' && *value != "\"\"") return {};
    if (!says(*name, "refresh_token")) continue;
    Secret token = decoded(*value);
    if (found && !(*found == token)) return {};
    found = std::move(token);
  } while (scanner.take(','));
  const bool is_whole = scanner.take('}') || scanner.at_end();
  return is_whole && found ? std::move(*found) : Secret();
}

}  // namespace oauth_token::protocol
