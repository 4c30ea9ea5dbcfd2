#pragma once

#include <oauth_token/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token::cli {

/// Bytes of the text, the end not included.
struct Extent {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// `key = value`, with its place in the text.
struct TomlKey {
  std::string name = {};
  std::vector<std::string> values = {};  ///< as in Profile::values
  int line = 0;
  Extent key = {};
  Extent value = {};
};

enum class TableForm {
  header,  ///< [profiles.NAME]
  braces,  ///< NAME = { ... }
  dotted,  ///< NAME.key = ..., below [profiles] or with "profiles." before it
};

struct TomlProfile {
  std::string name = {};
  TableForm form = TableForm::header;
  int line = 0;
  Extent key = {};                 ///< of the name
  Extent table = {};               ///< from bracket to bracket; with `dotted` without meaning
  std::vector<TomlKey> keys = {};  ///< in the order of the text
};

struct TomlProfiles {
  bool in_braces = false;                  ///< profiles = { ... }
  std::vector<TomlProfile> profiles = {};  ///< in the order of the text
};

/// Reads the profiles of a configuration's text; `path` is for messages. Pure. Errors are of class `config`:
/// syntax, a table other than profiles, a value that is no string, integer, boolean or array of these. No
/// value is in a message.
Result<TomlProfiles> parse_profiles(std::string_view text, const std::string& path);

/// A text or key as TOML writes it, on one line. `text` must be UTF-8.
std::string toml_string(std::string_view text);
std::string toml_key(std::string_view name);

}  // namespace oauth_token::cli
