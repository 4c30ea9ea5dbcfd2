#include "batch/csv.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace csv_test {

using namespace oauth_token;
using namespace oauth_token::cli;

namespace {

std::vector<std::string> decoded(const CsvRecord& record) {
  std::vector<std::string> values;
  for (const std::string_view field : record.fields) {
    SecretBuffer out;
    append_csv_field(out, field);
    values.emplace_back(out.expose());
  }
  return values;
}

struct Row {
  std::string text;
  std::vector<std::string> values;
  std::size_t size;
};

}  // namespace

TEST_CASE("a record is read as RFC 4180 writes it, whatever ends its line") {
  const Row rows[] = {
      {"a,b\nnext", {"a", "b"}, 4},
      {"a,b\r\nnext", {"a", "b"}, 5},
      {"a,b", {"a", "b"}, 3},
      {"\n", {""}, 1},
      {",\n", {"", ""}, 2},
      {"a, b ,\n", {"a", " b ", ""}, 7},
      {"\"a\",\"b,c\"\n", {"a", "b,c"}, 10},
      {"\"a\"\"b\"\n", {"a\"b"}, 7},
      {"\"\"\"\"\n", {"\""}, 5},
      {"\"\",x\n", {"", "x"}, 5},
      {"\"two\nlines\",x\r\n", {"two\nlines", "x"}, 15},
      {"a\rb,c\n", {"a\rb", "c"}, 6},
      {"p\xc3\xa4ss,\xff\n", {"p\xc3\xa4ss", "\xff"}, 8},
      {"a\"b,c\n", {"a\"b", "c"}, 6},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const CsvRecord record = csv_record(row.text, true);
    CHECK(!record.broken);
    CHECK(record.size == row.size);
    CHECK(decoded(record) == row.values);
  }
}

TEST_CASE("what comes in pieces is one record once its end is there, and not before") {
  for (const std::string whole : {"a,b\n", "a,b\r\n", "\"a\"\"b\",\"c\nd\"\r\n", ",\n"}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CAPTURE(whole.substr(0, size));
      CHECK(csv_record(whole.substr(0, size), false).size == 0);
    }
    CHECK(csv_record(whole + "x", false).size == whole.size());
  }
}

TEST_CASE("a quote in the wrong place breaks its record and no other one") {
  CHECK(csv_record("\"a\"b,c\nnext", true).broken);
  CHECK(csv_record("\"a\"b,c\nnext", true).size == 7);
  CHECK(csv_record("\"never closed,\nx", true).broken);
  CHECK(csv_record("\"never closed,\nx", true).size == 16);
  CHECK(csv_record("\"a\"b,c", true).broken);
  CHECK(csv_record("\"a\"b,c", true).size == 6);
  CHECK(csv_record("\"a\"\r", true).broken);
  CHECK(csv_record("\"a\"b,c", false).size == 0);
  CHECK(decoded(csv_record("x,\"never closed", true)) == std::vector<std::string>{"x", "never closed"});
}

}  // namespace csv_test
