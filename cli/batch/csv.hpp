#pragma once

#include <oauth_token/secret.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace oauth_token::cli {

/// One record of comma-separated values (RFC 4180), still encoded.
struct CsvRecord {
  std::size_t size = 0;  ///< bytes that it takes, its end of line included; 0: more is needed
  std::vector<std::string_view> fields =
      {};               ///< views of the text, with their quotes; one empty one: a blank line
  bool broken = false;  ///< a quote in the wrong place, or one that is never closed
};

/// The record at the front of `text`; lines end with LF or CR LF, at the end of everything (`is_last`) with
/// nothing.
CsvRecord csv_record(std::string_view text, bool is_last);

/// Appends what a field stands for.
void append_csv_field(SecretBuffer& out, std::string_view field);

}  // namespace oauth_token::cli
