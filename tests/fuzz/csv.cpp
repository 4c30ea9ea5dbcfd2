// A list of users: how its bytes arrive makes no difference, and every record has an end.

#include "batch/csv.hpp"

#include "fuzzing.hpp"

#include <algorithm>
#include <vector>

namespace {

using namespace oauth_token;
using namespace oauth_token::cli;

struct Record {
  std::vector<std::string> values;
  bool broken = false;
  bool operator==(const Record&) const = default;
};

std::vector<Record> read(std::string_view text, std::size_t part) {
  std::vector<Record> records;
  std::size_t begin = 0;
  std::size_t there = 0;
  while (begin < text.size()) {
    const bool is_last = there == text.size();
    const CsvRecord record = csv_record(text.substr(begin, there - begin), is_last);
    if (record.size == 0) {
      fuzzing::must(!is_last, "at the end of everything, a record ends");
      there = std::min(there + part, text.size());
      continue;
    }
    fuzzing::must(record.size <= there - begin && !record.fields.empty(), "a record is of the text");
    begin += record.size;
    Record found{.values = {}, .broken = record.broken};
    for (const std::string_view field : record.fields) {
      SecretBuffer out;
      append_csv_field(out, field);
      fuzzing::must(out.size() <= field.size(), "decoding makes nothing longer");
      found.values.emplace_back(out.expose());
    }
    records.push_back(std::move(found));
  }
  return records;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzzing::text(data, size);
  const auto whole = read(text, text.size());
  for (const std::size_t part : {std::size_t{1}, std::size_t{7}})
    if (size <= 2048) fuzzing::must(read(text, part) == whole, "how the bytes arrive makes no difference");
  return 0;
}
