#include "batch/csv.hpp"

#include <algorithm>

namespace oauth_token::cli {
namespace {

constexpr auto npos = std::string_view::npos;

/// Behind the quote that closes the field at the front; npos: it is not closed in this text.
std::size_t behind_quotes(std::string_view text) {
  for (std::size_t at = 1;; at += 2) {
    at = text.find('"', at);
    if (at == npos) return npos;
    if (at + 1 == text.size() || text[at + 1] != '"') return at + 1;
  }
}

/// How long the end of line at the front is; 0: there is none.
std::size_t line_end(std::string_view text) {
  if (text.starts_with("\r\n")) return 2;
  return text.starts_with('\n') ? 1 : 0;
}

}  // namespace

CsvRecord csv_record(std::string_view text, bool is_last) {
  CsvRecord record;
  std::size_t at = 0;
  for (;;) {
    const std::string_view rest = text.substr(at);
    std::size_t size = 0;
    if (rest.starts_with('"')) {
      size = behind_quotes(rest);
      // What follows a quote tells whether it closes.
      if (!is_last && (size == npos || size == rest.size())) return {};
      record.broken = size == npos;
      if (size == npos) size = rest.size();
    } else {
      size = std::min(rest.find_first_of(",\n"), rest.size());
      if (size > 0 && size < rest.size() && rest[size] == '\n' && rest[size - 1] == '\r') --size;
    }
    const std::string_view behind = rest.substr(size);
    if (behind.empty() && !is_last) return {};
    if (behind == "\r" && !is_last) return {};
    record.fields.push_back(rest.substr(0, size));
    at += size;
    if (behind.starts_with(',')) {
      ++at;
      continue;
    }
    if (behind.empty() || line_end(behind) != 0) {
      record.size = at + line_end(behind);
      return record;
    }
    // Text behind a closing quote: the line is given up.
    const std::size_t end = behind.find('\n');
    if (end == npos && !is_last) return {};
    record.broken = true;
    record.size = at + (end == npos ? behind.size() : end + 1);
    return record;
  }
}

void append_csv_field(SecretBuffer& out, std::string_view field) {
  if (!field.starts_with('"')) {
    out.append(field);
    return;
  }
  field.remove_prefix(1);
  if (field.ends_with('"')) field.remove_suffix(1);
  while (!field.empty()) {
    const std::size_t quote = std::min(field.find('"'), field.size());
    const bool is_doubled = quote < field.size();
    out.append(field.substr(0, quote + (is_doubled ? 1 : 0)));
    field.remove_prefix(std::min(quote + 2, field.size()));
  }
}

}  // namespace oauth_token::cli
