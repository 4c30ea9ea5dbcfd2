#include "base/characters.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace characters_test {

using oauth_token::append_percent_encoded;
using oauth_token::contains_ignoring_case;
using oauth_token::equal_ignoring_case;
using oauth_token::has_control_character;
using oauth_token::is_token;

TEST_CASE("only ASCII's letters have capitals") {
  struct {
    std::string_view left, right;
    bool equal;
  } const rows[] = {
      {"", "", true},
      {"If-Match", "IF-MATCH", true},
      {"authorization", "AUTHORIZATION", true},
      {"authorization", "authorizatio", false},
      {"a", "b", false},
      {"@", "`", false},  // either side of the letters
      {"[", "{", false},
      {"\u0131", "I", false},
      {"\u00e9", "\u00c9", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.left);
    CHECK(equal_ignoring_case(row.left, row.right) == row.equal);
    CHECK(equal_ignoring_case(row.right, row.left) == row.equal);
  }
}

TEST_CASE("a part is found in any case and place") {
  CHECK(contains_ignoring_case("pkcs11:object=k?PIN-Value=1234", "pin-value"));
  CHECK(contains_ignoring_case("pin-value", "PIN-VALUE"));
  CHECK_FALSE(contains_ignoring_case("pin-valu", "pin-value"));
  CHECK_FALSE(contains_ignoring_case("", "pin-value"));
}

TEST_CASE("a byte is percent-encoded with capital digits") {
  std::string out;
  for (const char byte : std::string_view("/\xff\0 ", 4)) append_percent_encoded(out, byte);
  CHECK(out == "%2F%FF%00%20");
}

TEST_CASE("a token of RFC 9110 has no separators, and is not empty") {
  for (const std::string_view good : {"X-Api-Version", "!#$%&'*+-.^_`|~", "0"}) CHECK(is_token(good));
  for (const std::string_view bad : {"", "a b", "a:", "\"", "(", "/", "\x7f", "\u00e9", "a\t"})
    CHECK_FALSE(is_token(bad));
}

TEST_CASE("control characters are those below a space, and delete") {
  for (const std::string_view bad : {"a\n", "\x1b[", "\x7f", "\t"}) CHECK(has_control_character(bad));
  CHECK(has_control_character(std::string_view("\0", 1)));
  for (const std::string_view good : {"", " ", "~", "\u0085"}) CHECK_FALSE(has_control_character(good));
}

}  // namespace characters_test
