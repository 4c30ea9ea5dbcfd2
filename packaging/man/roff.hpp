#pragma once

#include <string>
#include <string_view>

namespace oauth_token::manual {

/// Text for mdoc(7): nothing in it is a request or an escape.
inline std::string escaped(std::string_view text) {
  std::string out = !text.empty() && (text[0] == '.' || text[0] == '\'') ? "\\&" : "";
  for (const char letter : text) {
    if (letter == '\\')
      out += "\\e";
    else if (letter == '-')
      out += "\\-";
    else if (letter == '"')
      out += "\\(dq";
    else
      out += letter;
  }
  return out;
}

/// The same as one argument of a macro.
inline std::string argument(std::string_view text) {
  return "\"" + std::string(text.size() < 3 ? "\\&" : "") + escaped(text) + "\"";
}

/// A line of its own: a capital letter in front, a full stop at the end. A variable or a word in quotes
/// begins small.
inline std::string sentence(std::string_view text) {
  const std::string_view first = text.substr(0, text.find_first_of(" ,"));
  std::string line(text);
  const bool is_name = first == "none" || first.find('_') != std::string_view::npos;
  if (!is_name && line[0] >= 'a' && line[0] <= 'z') line[0] = static_cast<char>(line[0] - 'a' + 'A');
  return escaped(line + ".") + "\n";
}

}  // namespace oauth_token::manual
