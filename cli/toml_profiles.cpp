#include "toml_profiles.hpp"

#include <oauth_token/text.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace oauth_token::cli {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

// Turns line and column (in characters) into bytes.
class Places {
 public:
  explicit Places(std::string_view text) : text_(text) {
    starts_.push_back(text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0);
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') starts_.push_back(i + 1);
  }

  [[nodiscard]] Extent extent(const toml::source_region& region) const {
    return {byte(region.begin), byte(region.end)};
  }

 private:
  [[nodiscard]] std::size_t byte(const toml::source_position& position) const {
    std::size_t at = starts_.at(std::min<std::size_t>(position.line, starts_.size()) - 1);
    for (auto column = position.column; column > 1 && at < text_.size(); --column) {
      ++at;
      while (at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xc0U) == 0x80U) ++at;
    }
    return at;
  }

  std::string_view text_;
  std::vector<std::size_t> starts_;
};

int line_of(const toml::source_region& region) { return static_cast<int>(region.begin.line); }

// The parser's sentences quote the text, which may be a secret in the wrong place: only their sense is passed
// on.
std::string_view syntax_hint(std::string_view description) {
  const auto speaks_of = [&](std::string_view word) {
    return description.find(word) != std::string_view::npos;
  };
  if (speaks_of("redefine")) return "The same key or table stands in the file twice.";
  if (speaks_of("utf-8")) return "Save the file as UTF-8.";
  if (speaks_of("key-value pair: expected value")) return "A value is missing, or a text without quotes.";
  if (speaks_of("string"))
    return "A text is not closed, or holds what must be written as an escape (\\\\, \\\").";
  if (speaks_of("array")) return "An array is not closed, or a comma is missing in it.";
  if (speaks_of("table")) return "A table's name stands in brackets: [profiles.NAME].";
  return "Each line is KEY = VALUE, texts in quotes: issuer = \"https://as.example\".";
}

std::optional<std::string> scalar(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  return std::nullopt;
}

std::optional<std::vector<std::string>> values_of(const toml::node& node) {
  std::vector<std::string> values;
  const toml::array* const array = node.as_array();
  if (array == nullptr) {
    auto value = scalar(node);
    if (!value) return std::nullopt;
    values.push_back(std::move(*value));
    return values;
  }
  for (const toml::node& element : *array) {
    auto value = scalar(element);
    if (!value) return std::nullopt;
    values.push_back(std::move(*value));
  }
  return values;
}

class Reader {
 public:
  Reader(std::string_view text, const std::string& path) : text_(text), path_(path), places_(text) {}

  Result<TomlProfiles> read(const toml::table& root) const {
    TomlProfiles read;
    for (const auto& [key, node] : root) {
      const toml::table* const table = node.as_table();
      if (key.str() != "profiles" || table == nullptr)
        return wrong(key, "no such setting: " + shown(key), "Settings stand in tables [profiles.NAME].");
      read.in_braces = table->is_inline();
      for (const auto& [name, profile] : *table) {
        auto one = read_profile(name, profile);
        if (!one) return fail(std::move(one.error()));
        read.profiles.push_back(std::move(*one));
      }
    }
    std::ranges::sort(read.profiles, {}, [](const TomlProfile& profile) {
      return profile.form == TableForm::dotted && !profile.keys.empty() ? profile.keys.front().key.begin
                                                                        : profile.key.begin;
    });
    return read;
  }

 private:
  Result<TomlProfile> read_profile(const toml::key& name, const toml::node& node) const {
    const toml::table* const table = node.as_table();
    if (table == nullptr)
      return wrong(name, shown(name) + " is no table", "A profile is a table: [profiles.NAME].");
    TomlProfile profile{.name = std::string(name.str()),
                        .line = line_of(name.source()),
                        .key = places_.extent(name.source()),
                        .table = places_.extent(table->source())};
    profile.form = form_of(profile, *table);
    for (const auto& [key, value] : *table) {
      auto values = values_of(value);
      if (!values)
        return wrong(key, shown(key) + " has a value of the wrong type",
                     "A value is a text in quotes, a whole number, true, false, or an array of these.");
      profile.keys.push_back({.name = std::string(key.str()),
                              .values = std::move(*values),
                              .line = line_of(key.source()),
                              .key = places_.extent(key.source()),
                              .value = places_.extent(value.source())});
    }
    std::ranges::sort(profile.keys, {}, [](const TomlKey& key) { return key.key.begin; });
    return profile;
  }

  [[nodiscard]] TableForm form_of(const TomlProfile& profile, const toml::table& table) const {
    if (table.is_inline()) return TableForm::braces;
    const std::size_t after = text_.find_first_not_of(" \t", profile.key.end);
    const bool closed = after != std::string_view::npos && text_[after] == ']';
    return closed ? TableForm::header : TableForm::dotted;
  }

  static std::string shown(const toml::key& key) { return '"' + escape_for_terminal(key.str()) + '"'; }

  tl::unexpected<Error> wrong(const toml::key& key, const std::string& what, std::string hint) const {
    return fail(ErrorClass::config,
                path_ + ", line " + std::to_string(line_of(key.source())) + ": " + what + ".",
                std::move(hint));
  }

  std::string_view text_;
  const std::string& path_;
  Places places_;
};

}  // namespace

Result<TomlProfiles> parse_profiles(std::string_view text, const std::string& path) {
  const std::string shown = escape_for_terminal(path);
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::source_position at = parsed.error().source().begin;
    return fail(ErrorClass::config,
                shown + " is not written in TOML at line " + std::to_string(at.line) + ", column " +
                    std::to_string(at.column) + ".",
                std::string(syntax_hint(parsed.error().description())));
  }
  return Reader(text, shown).read(parsed.table());
}

std::string toml_string(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string written = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      written += '\\';
      written += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      written += "\\u00";
      written += hex[byte >> 4U];
      written += hex[byte & 0xfU];
    } else {
      written += c;
    }
  }
  return written += '"';
}

std::string toml_key(std::string_view name) {
  const auto bare = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !name.empty() && std::ranges::all_of(name, bare) ? std::string(name) : toml_string(name);
}

}  // namespace oauth_token::cli
