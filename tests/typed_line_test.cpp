#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <terminal/typed_line.hpp>

namespace typed_line_test {

using oauth_token::cli::EditingKeys;
using oauth_token::cli::TypedLine;
using State = oauth_token::cli::TypedLine::State;

namespace {

struct Typed {
  State state;
  std::string text;
};

Typed typed(std::string_view keys, const EditingKeys& editing = {}, std::size_t limit = 100) {
  TypedLine line(editing, limit);
  State state = State::open;
  for (const char key : keys) {
    state = line.type(key);
    if (state != State::open) break;
  }
  return {state, std::string(line.take().expose())};
}

}  // namespace

TEST_CASE("a typed line is what remains after its editing keys") {
  struct {
    std::string_view keys, text;
  } const rows[] = {
      {"secret\n", "secret"},
      {"secret\r", "secret"},
      {"pä$$w+rd &=%20\"é\n", "pä$$w+rd &=%20\"é"},
      {" leading and trailing \n", " leading and trailing "},
      {"ab\x7f\n", "a"},
      {"ab\x08\n", "a"},
      {"\x7f\x7f"
       "a\n",
       "a"},
      {"aé\x7f\n", "a"},
      {"a🔑\x7f\n", "a"},
      {"🔑é\x7f\x7f\n", ""},
      {"a\xe9\xfc\x7f\n", "a\xe9"},  // Latin-1
      {"a\x80\x80\x80\x80\x80\x7f\n", "a\x80\x80\x80\x80"},
      {"\xc3\x7f\n", ""},
      {"wrong\x15right\n", "right"},
      {"one two  \x17three\n", "one three"},
      {"one\x17\n", ""},
      {"\x16\x15"
       "a\x16\x7f\n",
       "\x15"
       "a\x7f"},
      {"half\x04 whole\n", "half whole"},
      {std::string_view("a\0b\n", 4), "ab"},
      {"\x1b[A\n", "\x1b[A"},
      {"\n", ""},
  };
  for (const auto& row : rows) {
    const Typed line = typed(row.keys);
    CHECK(line.state == State::complete);
    CHECK(line.text == row.text);
  }
}

TEST_CASE("the end key gives up an empty line only") {
  CHECK(typed("\x04").state == State::given_up);
  CHECK(typed("a\x7f\x04").state == State::given_up);
  CHECK(typed("a\x04").state == State::open);
}

TEST_CASE("keys that the terminal has disabled are text") {
  const EditingKeys none{-1, -1, -1, -1, -1};
  CHECK(typed("a\x15\x17\x16\x04\n", none).text == "a\x15\x17\x16\x04");
}

TEST_CASE("a line past the limit is refused, not cut") {
  CHECK(typed("12345\n", {}, 5).state == State::complete);
  CHECK(typed("123456\n", {}, 5).state == State::too_long);
}

}  // namespace typed_line_test
